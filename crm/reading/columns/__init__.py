"""Rows of text to the contract's columns: mapping, moments, types, personal data left out, outcomes, merged leads.

Opening files and databases stands in ``sources``.
"""
