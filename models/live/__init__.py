"""Which model is live and which one waits: champion against challenger, and the promotion gate.

``live_models`` is the law. MLflow, which only mirrors it, stands in ``registry``.
"""
