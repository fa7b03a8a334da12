"""Which model is live and which one waits: champion against challenger, the promotion gate, MLflow's view of it.

``live_models`` is the law; MLflow only mirrors it.
"""
