"""Scores into Tryton: leads written by id in batches under its optimistic lock.

Tryton's own side of it is the server module in ``tryton_module``.
"""
