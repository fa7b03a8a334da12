"""What the data team does with models between and after trainings: list, promote, roll back, anchor, preview an agreement.

Training itself stands in ``training``.
"""
