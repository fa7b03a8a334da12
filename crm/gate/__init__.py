"""The gate on the way in: which rules a history must keep, counted where the data is, judged, and shown as a page.

``judge`` alone imports Great Expectations. Rules of leads (who is disqualified) are the agreement's.
"""
