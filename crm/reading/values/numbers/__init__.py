"""How a column writes its numbers: the forms there are, what all values together say, and the plain text of each value."""
