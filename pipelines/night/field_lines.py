"""Lines for ``leadq.yaml`` that put numbers of a changed field back; those for words are ``pipelines/project/value_lines.py``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from leadq.crm.config.schema import Config
from leadq.crm.contract.history import History
from leadq.crm.gate.unit_changes import UnitChange
from leadq.foundation.yaml_scalars import quoted
from leadq.pipelines.project.value_lines import key_of, place_of, source_of

_THOUSANDS = {".": (re.compile(r"\d{1,3}(\.\d{3})+"), "1.234,5"), ",": (re.compile(r"\d{1,3}(,\d{3})+"), "1,234.5")}


def read_line(config: Config, history: History, change: UnitChange) -> str:
    """Return the line that has a column's points or commas read between thousands; empty where its values do not look so."""
    table, _, name = change.column.partition(".")
    key = key_of(source_of(config, table), name)
    for staged in (f"raw_{table}", "raw_leads"):
        reading = history.readings.get(staged, {}).get(key)
        if reading is not None and change.power > 0:
            return next(
                (
                    f"read: {{{quoted(key)}: {quoted(form)}}} (in {place_of(config, table)})."
                    for form in _forms(reading)
                ),
                "",
            )
    return ""


def _forms(reading: Mapping[str, Any]) -> list[str]:
    examples = [str(one) for one in reading["evidence"]["examples"]]
    return [form for pattern, form in _THOUSANDS.values() if examples and all(map(pattern.fullmatch, examples))]
