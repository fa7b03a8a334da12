"""``leadq answers``: what answers of sales led to, and challenges and replies without a desk.

How a challenge is kept stands in ``crm/answers``, what may be challenged in ``serving/desk/challenging``.
"""
