"""CRMs and other places: history out of them, scores into them; a folder a place, over one protocol.

``protocol`` is the border to delivery, ``history_source`` the border to reading; ``retries``, ``timed_session`` and
``verification`` are shared. What is sent, and when, is decided in ``serving/delivery``.
"""
