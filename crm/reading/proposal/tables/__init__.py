"""Several files as the tables of one company: which file is which, how it belongs to the leads, and what it adds to them.

A file that does not belong to the leads, or whose way to them would tell the outcome, is not taken, and it is said why.
"""
