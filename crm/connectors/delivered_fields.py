"""The fields that delivery writes, as leadq calls them: one list for every place that takes scores.

Leaves out what a place calls them (:meth:`leadq.crm.connectors.connector.Connector.field_name`) and their values
(``serving/delivery/planning/payload.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from leadq.crm.connectors.protocol import FieldKind, TargetField

REASONS = 3
LONGEST_TEXT = 255
"""Characters; what list views of CRMs can filter."""
LONGEST_VERSION = 40
OF_SCORES: tuple[tuple[str, FieldKind, int], ...] = (
    ("Score", "number", 0),
    ("Tier", "picklist", 0),
    ("Chance", "number", 0),
    *((f"Reason_{place}", "text", LONGEST_TEXT) for place in range(1, REASONS + 1)),
    *((f"Reason_Against_{place}", "text", LONGEST_TEXT) for place in range(1, REASONS + 1)),
    ("Scored_At", "moment", 0),
    ("Model_Version", "text", LONGEST_VERSION),
    ("Status", "text", LONGEST_TEXT),
)
"""Name, kind and most characters (0: not a text) of each field."""
OF_REJECTIONS: tuple[tuple[str, FieldKind, int], ...] = (
    ("Track", "text", LONGEST_TEXT),
    ("Next_Owner", "text", LONGEST_TEXT),
    ("Wakes_At", "moment", 0),
    ("Returned_At", "moment", 0),
)
"""Only to targets that ask for them: ``rejections: true`` in ``leadq.yaml``."""
HELP_OF_REJECTIONS: Mapping[str, str] = {
    "Track": "What was agreed to follow the rejection: close, merge or nurture.",
    "Next_Owner": "Whose turn it is after the rejection.",
    "Wakes_At": "Until when the rejected lead sleeps.",
    "Returned_At": "When the lead came back after a rejection.",
}
"""What people read beside the fields of :data:`OF_REJECTIONS` in their CRM."""


def target_fields(
    fields: Iterable[tuple[str, FieldKind, int]], field_name: Callable[[str], str], *, choices: tuple[str, ...] = ()
) -> tuple[TargetField, ...]:
    """Return fields as a place calls them; ``choices`` are those of the picklist."""
    return tuple(
        TargetField(name=field_name(name), kind=kind, length=length, choices=choices if kind == "picklist" else ())
        for name, kind, length in fields
    )
