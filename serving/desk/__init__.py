"""The desk: a small web application in which sales reads tonight's leads and answers them.

It reads score tables and writes answers, nothing else. It makes no score; which files are tonight's is told by the caller.
"""
