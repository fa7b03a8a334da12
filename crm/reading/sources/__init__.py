"""Sources as rows of text: files in any encoding, tables and queries of databases, columns joined from a second file.

What the texts mean is decided in ``columns``.
"""
