"""How a column writes its numbers: the forms there are, what all values together say, and the plain text of each value.

Ids and codes of digits are no numbers, and stand beside this folder.
"""
