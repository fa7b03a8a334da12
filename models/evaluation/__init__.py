"""What held-out forecasts say of a model: rolling origins, figures, reliability, segments, stability, model leak checks.

No model is chosen and nothing is drawn here.
"""
