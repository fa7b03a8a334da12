"""What fitting and proving share: LightGBM when it is needed, every setting of a fit, metrics, a logistic regression.

It decides nothing about a model.
"""
