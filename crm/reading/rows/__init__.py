"""Rules on the rows of a table: what is no record, what a row must hold, wrong times, one row an id, ids that tables write otherwise.

What a column means is decided in ``columns``; how a file becomes rows in ``sources``.
"""
