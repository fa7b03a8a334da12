"""What every room stands on: the errors of leadq, whole files, the one reader of YAML, array types, secrets, the door to LightGBM.

It knows nothing of leads, agreements or models, and it imports no other room.
"""
