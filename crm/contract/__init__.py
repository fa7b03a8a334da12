"""The contract with a CRM: every table's columns (CRM tables, score table), the history on disk, what is personal.

No reading and no writing of sources stands here; that is ``reading`` and ``connectors``.
"""
