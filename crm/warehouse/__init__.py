"""Each night's whole score table into a company's PostgreSQL, for its own analyses.

Scores that people work with go to a CRM by ``crm/connectors``.
"""
