"""A planned run sent chunk by chunk, whenever it was killed: queue, rate limit, what became of each row, restoring.

How one CRM takes rows stands in ``crm/connectors``.
"""
