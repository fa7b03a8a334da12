"""`leadq agreement draft`: every line of an agreement proposed out of past deals with its evidence, and the sheet that both sides sign.

Statistics are in ``models/tiers``, facts in ``features``; the blind round, a check of the same words by hand, in ``blind_round/``.
"""
