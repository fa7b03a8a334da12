"""What makes the site of ``docs/``: the checkout's Markdown made ready for MkDocs, and the commands reference.

Not here: words that people read (they stand in ``docs/`` and ``README.md``), and settings of the site (``mkdocs.yml``).
"""
