"""What is known of a lead at a moment: landmarks, labels, point-in-time features, agreed rules, data leak checks.

``build_training_data`` looks at history, ``tonight`` at the open leads, by the same path. No model is fitted here.
"""
