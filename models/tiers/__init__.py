"""Tiers out of probabilities: where a tier is cut, whether its promise holds, which are offered, who changes tier.

Which tier one lead gets, rules included, is decided in ``agreement/decide.py``.
"""
