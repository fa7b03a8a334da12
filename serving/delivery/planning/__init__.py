"""What is to be delivered tonight: fields out of a score, the difference to what a target holds, guards that stop it.

Nothing is written to a target here.
"""
