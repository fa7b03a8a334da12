"""``leadq.yaml``: its schema, its sections for delivery and for the desk, and reading it with all problems at once.

``params.yaml`` belongs to ``pipelines/project``, ``agreement.yaml`` to the room ``agreement``.
"""
