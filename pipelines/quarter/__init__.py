"""What is done between and after trainings: list models, promote, roll back, anchor, show an agreement, preview another.

Training itself stands in ``training``.
"""
