"""History out of Salesforce: what is asked of it, bulk queries, and its rows as the contract's tables.

Sign-in, calls and errors stand one folder up.
"""
