"""History out of Tryton: every revision of every lead, and its parties, as the contract's tables.

The session stands one folder up.
"""
