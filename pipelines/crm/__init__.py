"""``leadq crm``: history out of a CRM, a CRM made ready for scores, and what we assume of it tried out.

Each CRM's own side stands in ``crm/connectors``.
"""
