"""Scores into the places where sales works: planned by difference, guarded, sent in chunks, kept in a ledger.

``deliver`` is the way through ``planning``, ``ledger``, ``sending`` and ``reporting``. How one place takes rows stands in
``crm/connectors``.
"""
