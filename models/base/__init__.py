"""What fitting and proving share: every setting of a fit, metrics, a logistic regression.

It decides nothing about a model.
"""
