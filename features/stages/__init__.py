"""Stages of the agreement with moments: when a lead first met MQL, SAL, SQL, as of then and never as of today.

What the checks hold now, and what rules of the agreement do to a tier, is ``features/predicates.py``'s.
"""
