"""The evaluation report and the model card: what a bundle was shown to do, in words, tables and drawings."""
