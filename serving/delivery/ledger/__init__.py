"""The ledger: what was planned, sent and acknowledged at every target, each change one transaction.

What is planned stands in ``planning``, how it is sent in ``sending``.
"""
