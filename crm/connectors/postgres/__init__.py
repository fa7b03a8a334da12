"""Scores into a table of a company's PostgreSQL: a target that is no CRM and gives no history.

The whole score table of every night goes there by ``crm/warehouse``.
"""
