"""Checks on data for what the model must not know: one module a check, each proven by a planted leak (docs/method.md, Leak checks).

Checks on models (9 to 14) live in ``models/`` and ``pipelines/``.
"""
