"""One night: read, gate, score, store what was known, commit; go on where an interrupted night stopped.

``score`` is the way in. Sending scores to a CRM stands in ``delivery``.
"""
