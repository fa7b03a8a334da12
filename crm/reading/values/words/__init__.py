"""Words as they are compared, and what those of outcomes say in the languages of CRMs' exports.

Nothing here looks at rows or at ``leadq.yaml``: which column holds the outcome is guessed in ``proposal``, and what its words count
as is decided in ``columns``.
"""
