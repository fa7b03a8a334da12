"""What was agreed, said of one lead: when its first touch is due, and what the records show for a reason of rejection.

Leaves out how it is counted: features/handover, features/rejection.
"""
