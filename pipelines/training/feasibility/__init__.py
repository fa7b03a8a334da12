"""Whether the agreement can be kept at all: what is owed against what comes, against the run's rhythm, and the goal backwards.

Sentences for both sides before they sign; nothing here stops the work. Whether a promise can be proved is said by
``features/readiness``, whether it was kept is measured elsewhere.
"""
