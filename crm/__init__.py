"""The CRM's side: contract tables, reading history into them, writing scores back, and the simulated company.

What is known of a lead at a moment is worked out in ``features``; which scores are sent, and when, in ``serving/delivery``.
"""
