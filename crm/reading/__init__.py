"""Sources into the contract's tables: ``sources`` gives rows of text, ``columns`` makes them typed, ``ingest`` is the way.

Every bad value is named, every row counted. Reading out of a CRM's interface into files stands in ``connectors``.
"""

FIRST = 1
"""The reading of models that do not say by which reading they learnt."""
NEWEST = 2
"""The reading that a training takes unless ``leadq.yaml`` says otherwise (docs/decisions/0023)."""
