"""What was agreed, said of one lead: when its first touch or a reply is due, what the records show, what answers led to.

Leaves out how it is counted: features/handover, features/rejection.
"""
