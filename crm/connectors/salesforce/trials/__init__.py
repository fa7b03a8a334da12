"""``leadq crm verify`` on a real organisation: what leadq takes for granted of Salesforce, each tried without harm.

The words for the result stand in ``crm/connectors/verification.py``.
"""
