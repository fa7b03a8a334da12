"""Tonight against the night before: scores and facts then, what changed and why, tier moves, scores taken again.

How a change is put into words stands in ``serving/words``.
"""
