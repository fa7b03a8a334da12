"""History out of HubSpot: records page by page, their property history, deals, as the contract's tables.

Session, client and errors stand one folder up.
"""
