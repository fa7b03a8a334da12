"""Scores for people at a terminal: which committed tables there are, their best rows, and the rows as lines and as CSV.

Reads only. What a night does is ``night``'s; pages are the desk's.
"""
