"""Where rows lie and how they are got: locations, a scratch database, a PostgreSQL transaction, one lead's rows of a file.

Which rows those are, and what they mean, is said elsewhere.
"""
