"""How leadq opens the SQLite files of its stores, and what SQLite's errors mean.

What tables a file holds is said where they are made, not here.
"""
