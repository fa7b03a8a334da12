"""How a column writes its times: layouts of shapes, what all values together say, and the ISO text of each value.

In which zone a time without one was taken is not said here, but by ``time_zone`` in ``columns``.
"""
