"""One far side a file, each with ``SIDES``: what the suite runs over. A new kind of place adds a file here and is tried.

Another package brings its own by the entry point ``leadq.conformance``, a module with ``SIDES``.
"""
