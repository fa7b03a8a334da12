"""Measurements behind every figure in the documents; each a command of its own."""
