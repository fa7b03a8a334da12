"""``leadq deliver`` on a project: what was asked, which targets, each one held with its lock and its ledger.

The delivery itself is ``serving/delivery``.
"""
