"""What is installed beside leadq: extras and how to get them, plug-ins of other packages by their entry points.

What a plug-in must be and do is said where it is used, in ``crm/connectors`` and ``features/groups``.
"""
