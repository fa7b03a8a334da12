"""Scores into Salesforce: 200 leads a call (Collections) or a bulk job, each row with an outcome of its own.

What is to be sent is planned in ``serving/delivery``.
"""
