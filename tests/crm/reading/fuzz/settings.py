"""leadq.yaml with settings that nobody should write: known keys with values of every kind, on a file that is whole or broken."""

from __future__ import annotations

import random
from typing import Any

import yaml

# fmt: off
_VALUES = [
    "", "x", "0", "-1", "1e999", "null", "[]", "{}", "%", "%Q", "%d/%m/%Y", "%%", "epoch_s", "epoch_ms", "excel_days", "iso",
    "1.234,5", "1,234.5", "1234", "1 234,5", "1'234.5", "1234.5", "text", "flag", "id", "\t", ";", ",", "|", '"', "\\", "\u2028",
    "utf-16", "cp1252", "cp932", "utf-7", "rot13", "hex", "idna", "undefined", "nope", "../..", "/etc/passwd", "*", "(", "[", "a*b",
    "é", "NULL", "0000-00-00", "9" * 500, "x" * 5_000,
]
# fmt: on
_SOURCE_KEYS = [
    "read",
    "missing",
    "values",
    "columns",
    "where",
    "encoding",
    "separator",
    "decimal",
    "time_format",
    "format",
    "sheet",
    "path",
    "own_fields",
]
_TOP_KEYS = ["reading", "zone_names", "time_zone", "rejected_share", "tracked_since", "vouch"]


def changed(dice: random.Random, text: str) -> str:
    """Return the proposal with a few settings changed."""
    document = yaml.load(text, Loader=yaml.BaseLoader)
    leads = document["flat"] if "flat" in document else document["sources"]["leads"]
    columns = [*dict(leads.get("columns") or {}).values(), "nobody", "", "Note"]
    columns = [one if isinstance(one, str) else one[0] for one in columns]
    for _ in range(dice.choice([1, 2, 4])):
        if dice.random() < 0.8:
            key = dice.choice(_SOURCE_KEYS)
            if key == "path" and dice.random() < 0.7:
                continue
            leads[key] = _value(dice, key, columns)
        else:
            document[dice.choice(_TOP_KEYS)] = _value(dice, "", columns)
    if "outcome" in document and isinstance(document["outcome"], dict) and dice.random() < 0.3:
        document["outcome"][dice.choice(["column", "won", "lost", "open"])] = _value(dice, "", columns)
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def _value(dice: random.Random, key: str, columns: list[str]) -> Any:
    one = dice.choice(_VALUES)
    if key in ("read", "missing"):
        return {
            dice.choice(columns): dice.choice([one, [one, dice.choice(_VALUES)]]) for _ in range(dice.choice([1, 3]))
        }
    if key == "values":
        return {dice.choice(columns): {dice.choice(_VALUES): one}}
    if key == "columns":
        new = dice.choice(["lead_id", "created_at", "closed_at", "source", "email"])
        return {
            "lead_id": columns[0],
            "created_at": columns[1],
            new: dice.choice([dice.choice(columns), [one, *columns[:2]]]),
        }
    if key == "where":
        return {dice.choice(columns): one}
    if key == "own_fields":
        return dice.choice(
            [{"rename": {one: dice.choice(columns)}}, {"types": {dice.choice(columns): "date"}}, {"take": [one]}]
        )
    return dice.choice([one, one, [one], {dice.choice(columns): one}])
