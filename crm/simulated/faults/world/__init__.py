"""Faults of what happens: who is worked and when, who wins, and which companies come. The truth knows each of them.

Leaves out what is written down of it (``crm/simulated/faults/records/``).
"""
