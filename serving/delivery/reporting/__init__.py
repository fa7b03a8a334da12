"""After a delivery: its report and files, values read back from the target, and rows that nobody needs any more.

Exit codes are decided in ``pipelines/delivery``.
"""
