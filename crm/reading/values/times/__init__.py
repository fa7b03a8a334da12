"""How a column writes its times: layouts of shapes, what all values together say, and the ISO text of each value."""
