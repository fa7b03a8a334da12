"""Scores into a folder, as Parquet and CSV: a target that is no CRM and gives no history.

Files as sources are read in ``crm/reading/sources``.
"""
