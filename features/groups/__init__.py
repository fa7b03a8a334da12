"""The features themselves, a module a group over one protocol: leadq's own groups, and the way to those of other packages.

Each feature is declared once beside its expression; they are put together in ``features/assemble.py``.
"""
