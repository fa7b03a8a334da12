"""The bundle, all that scoring needs as text files: written, read, and made to score; past leads beside it.

Which bundle is live stands in ``live``.
"""
