"""The one place that reads values: how a column writes its times, numbers, flags, ids and missing values, with the evidence.

Texts in, a :class:`ColumnReading` for each column out; a doubt that the texts do not settle is a Problem with the line to paste.
What columns mean is decided in ``columns``, which are leads' in ``proposal``.
"""
