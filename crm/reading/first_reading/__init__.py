"""The first reading, as it was: a model that was trained under it is scored with it until the next training. Never mended.

Only what the present reading does otherwise stands here; the rest is shared.
"""
