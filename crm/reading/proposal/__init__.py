"""A first ``leadq.yaml`` for a file nobody has described yet: what the file looks like, and which column is probably what.

Nothing here decides how a described file is read.
"""
