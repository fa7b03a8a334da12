"""Scores into HubSpot: records updated by id in batches, in properties of leadq only.

The properties themselves are declared one folder up.
"""
