"""The features themselves, a module a group: company, person, origin, intent, account, and the company's own fields.

Each is declared once beside its expression; they are put together in ``features/assemble.py``.
"""
