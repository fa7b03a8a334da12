"""Single files: what one is by its content, in which encoding, where its headings stand, and its rows as a staged table.

Which files a place names, and that parts belong together, is decided in ``crm/reading/sources/source_files.py``; what columns
mean in ``columns``.
"""
