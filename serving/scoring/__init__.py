"""From tonight's open leads to the score table, batch by batch.

``score_batches`` is the way; ``changes`` compares with the night before, ``reasons`` chooses what is said, ``table`` puts the parts
on disk whole, ``spark`` does the same on many machines. Features come from ``features``, sentences from ``serving/words``.
"""
