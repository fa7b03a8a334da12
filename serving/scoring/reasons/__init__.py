"""Which reasons stand for and against a lead, and which missing facts are worth adding, for whole batches at once.

Contributions come out of the bundle; sentences out of ``serving/words``.
"""
