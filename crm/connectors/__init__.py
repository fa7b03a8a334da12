"""CRMs and other places: history out of them, scores into them; a folder a place, each a plug found by entry point.

``connector`` is what a kind of place brings, ``registry`` finds it; ``protocol`` is the border to delivery and ``history_source`` the
border to reading; ``retries``, ``timed_session`` and ``verification`` are shared. What is sent, and when, is decided in
``serving/delivery``.
"""
