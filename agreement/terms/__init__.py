"""What each side owes and how it is measured: duties, clocks, the weekly review, the goal, what follows a rejection.

Every key is known, of its type and in range; a key that nobody knows is an error with a guess. All of it is optional: an agreement
without it means what it always meant. Tiers and promises stand in ``agreement/promises.py``.
"""
