"""The engines that run feature expressions: DuckDB in the process, Spark doing exactly the same, and texts read alike on both.

What is computed stands in ``groups``.
"""
