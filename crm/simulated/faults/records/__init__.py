"""Faults of what sales and marketing do and write down: each a function from the whole record to the whole record.

What the truth says of the leads stays as it is. Leaves out who is worked and who wins (``crm/simulated/faults/world/``), but notes whom
those faults concern.
"""
