"""Sources into the contract's tables: ``sources`` gives rows of text, ``columns`` makes them typed, ``ingest`` is the way.

Every bad value is named, every row counted. Reading out of a CRM's interface into files stands in ``connectors``.
"""
