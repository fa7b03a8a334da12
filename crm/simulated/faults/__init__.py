"""Faults that can be planted into the simulated company: which there are, and how strong each is.

What each does stands in ``world`` (what happens) and ``records`` (what is written down). Without any the company is clean.
"""
