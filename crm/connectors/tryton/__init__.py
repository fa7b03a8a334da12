"""Tryton: history in, scores out, over JSON-RPC."""
