"""What a model is compared with: a logistic regression, and the points score that companies use today.

Champion against challenger stands in ``live``.
"""
