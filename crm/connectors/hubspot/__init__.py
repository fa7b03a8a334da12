"""HubSpot: sign-in, calls, errors and our properties; history in by ``history``, scores out by ``sending``.

What all CRMs share stands one folder up; the commands stand in ``pipelines/crm``.
"""
