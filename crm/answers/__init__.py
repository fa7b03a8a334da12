"""What people answered at the desk, challenged and replied, the database behind it, and the log of who did what when.

How answers come back as dispositions stands in ``crm/reading/desk_dispositions.py``.
"""
