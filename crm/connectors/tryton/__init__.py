"""Tryton over JSON-RPC: the session and its settings; history in by ``history``, scores out by ``sending``.

Tryton's own side, a server module under GPL-3, is ``tryton_module`` and no part of this package.
"""
