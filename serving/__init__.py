"""What people and other systems meet: siblings that know nothing of each other and share the score table.

``scoring`` makes the table. ``delivery`` and ``desk`` only read it. Each may import the rooms below
(models, features, crm, agreement, foundation) and ``words``, how a score is said, but never a sibling, so that one can be replaced
without the others.
"""
