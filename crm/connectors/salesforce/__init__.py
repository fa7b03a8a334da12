"""Salesforce: sign-in, calls and errors; history in by ``history``, scores out by ``sending``, fields by ``metadata``.

``trials`` tries what we assume of it. What all CRMs share stands one folder up; the commands stand in
``pipelines/crm``.
"""
