"""What a model is held against: a logistic regression, and the points score that companies use today.

Champion against challenger stands in ``live``.
"""
