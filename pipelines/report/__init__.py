"""The evaluation report and the model card: what a bundle was shown to do, in words, tables and drawings.

All figures come from ``models/evaluation``; no model is fitted here.
"""
