"""The blind round: real leads as they were at hand-over, each side says yes or no alone, and both see where they differ.

The outcome is in no sheet; it is looked up when the sheets are back. What each word should mean is proposed by the folder above.
"""
