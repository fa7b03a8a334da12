"""Which spellings mean the same: countries, free mail, public bodies, titles, sizes of companies, blanks and capitals.

Lists are gathered at training, out of libraries and this folder's TOML files, and frozen in the model's catalogue: an upgrade of any
of them changes no score until the next training (docs/decisions/0026-what-means-the-same.md). Not here: the features (``groups``).
"""
