"""The same scoring run by Spark's executors, and a run as the text that they are sent.

The function from batch to batch is ``serving/scoring/score_batches.py``.
"""
