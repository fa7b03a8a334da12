"""Facts of past hand-overs that an agreement can be drafted from: what was known then, how soon sales acted, which reasons were said.

Leaves out what is proposed (``pipelines/draft``) and whether a difference is one (``models/tiers/winning_values.py``).
"""
