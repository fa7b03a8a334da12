"""Why a lead has its score: found or made again from its run's snapshot, and told in words, as data or as a picture.

How a card reads stands in ``serving/words``.
"""
