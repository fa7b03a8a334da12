"""A new project folder (``leadq init``) and the whole way on a simulated company (``leadq demo``).

Proposing the mapping of a file stands in ``crm/reading/proposal``.
"""
