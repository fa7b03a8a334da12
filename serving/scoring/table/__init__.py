"""The score table while it is made and on disk: parts on all threads, columns of repeating texts, one ranked file, totals.

Its columns are the contract's: ``crm/contract/score_table.py``.
"""
