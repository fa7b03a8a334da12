"""Who signed which text, and how the agreement stands today: signed, changed since, in force, due for review.

Leaves out what was agreed, and files: whoever keeps the file writes what :func:`leadq.agreement.signing.signed_text.sign` returns.
"""
