"""One model out of labelled rows: boosted trees, calibration, the anchor, and exact contributions.

How good it is stands in ``evaluation``; the whole training in ``training``.
"""
