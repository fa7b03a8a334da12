"""Whose hours business hours are: the agreed calendar, its holidays, and business time counted in whole microseconds.

Leaves out which two moments are compared and what was promised: a duty does that. On an engine's tables the same figures come from
``features/business_hours.py``.
"""
