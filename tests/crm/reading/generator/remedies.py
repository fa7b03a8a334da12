"""The lines that a refusal offers to paste, found in its words and pasted into ``leadq.yaml`` as a person would.

Where it offers several, the one that is true of the file is taken: that is what only a person knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.crm.reading.generator.comparison import folded

_BY_SOURCE = ("read", "missing", "values", "columns", "where", "own_fields", "encoding", "separator", "decimal", "time_format", "path",
              "format", "sheet", "header", "skip", "escape")  # fmt: skip
_TOP = ("zone_names", "time_zone", "reading", "outcome", "tracked_since", "rejected_share")
_WORDS = ("won", "lost", "open")
_OFFER = re.compile(rf"(?<![\w.])({'|'.join((*_BY_SOURCE, *_TOP, *_WORDS))}): ?")
_SAME = {"latin-1": {"latin-1", "cp1252", "iso-8859-1", "iso8859-1", "iso-8859-15"}, "cp1252": {"cp1252", "windows-1252"},
         "mac_roman": {"mac_roman", "macroman", "macintosh"}, "cp932": {"cp932", "shift_jis", "ms932", "windows-31j"},
         "gb18030": {"gb18030", "gbk", "gb2312"}, "cp1251": {"cp1251", "windows-1251"}, "cp1250": {"cp1250", "windows-1250"}}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a person knows of a file.


    ``orders`` has ``dm``, ``md`` or both for a column of dates; ``decimals`` the decimal sign of a column of numbers.
    """

    encoding: str = "utf-8"
    outcome: str = ""
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    orders: dict[str, set[str]] = field(default_factory=dict)
    decimals: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=lambda: {"IST": "+05:30"})


def offers(words: str) -> list[tuple[str, Any]]:
    """Return every ``key: value`` that the words offer, in their order.

    >>> offers("Write read: {Created: '%d/%m/%Y'} or read: {Created: '%m/%d/%Y'} under leads.")
    [('read', {'Created': '%d/%m/%Y'}), ('read', {'Created': '%m/%d/%Y'})]
    """
    found = []
    for match in _OFFER.finditer(words):
        text = _value(words[match.end() :])
        try:
            value = yaml.load(text, Loader=yaml.BaseLoader) if text else None
        except yaml.YAMLError:
            continue
        if value not in (None, "") and not (match[1] == "reading" and value not in ("1", "2")):
            found.append((match[1], value))
    return found


def _value(rest: str) -> str:
    """Return the flow value that ``rest`` begins with."""
    closing = {"{": "}", "[": "]"}
    if rest[:1] in closing:
        depth, quote = 0, ""
        for place, letter in enumerate(rest):
            if quote:
                quote = "" if letter == quote and rest[place - 1] != "\\" else quote
            elif letter in "\"'" and rest[place - 1] in " {[,:":
                quote = letter
            else:
                depth += (letter in "{[") - (letter in "}]")
                if depth == 0:
                    return rest[: place + 1]
        return ""
    if rest[:1] in "\"'":
        found = re.match(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'', rest)
        return found[0] if found else ""
    return re.split(r"[\s;]|[.,](?:\s|$)", rest, maxsplit=1)[0].rstrip(")")


def paste(path: Path, words: str, known: Known) -> list[str]:
    """Paste what the words offer and is known to be true into the file; return the lines, none where nothing fits."""
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    pasted, taken = [], set()
    if "the column of the outcome" in words and known.outcome and known.outcome in words:
        pasted.append(_named(document, known))
    for key, value in offers(words):
        kept = _true(key, value, known, taken)
        if kept in (None, {}, []):
            continue
        _merge(document, key, kept)
        shown = yaml.safe_dump({key: kept}, default_flow_style=True, allow_unicode=True, width=10_000)
        pasted.append(shown.strip()[1:-1])
    if pasted:
        path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return pasted


def _named(document: dict[str, Any], known: Known) -> str:
    """Name the outcome's column and its words, as the refusal asks."""
    home, key = (document["flat"], "outcome") if "flat" in document else (document["outcome"], "column")
    home[key] = known.outcome
    home.update({"won": list(known.won), "lost": list(known.lost), "open": [word for word in known.open if word]})
    return f"{key}: {known.outcome}"


def _merge(document: dict[str, Any], key: str, value: Any) -> None:
    """Put a key where it belongs: under the leads, under the outcome, or at the top."""
    leads = document["flat"] if "flat" in document else document["sources"]["leads"]
    if key in _WORDS:
        home = leads if "flat" in document else document["outcome"]
        here = home.get(key) or []
        for other in _WORDS:
            words = home.get(other) or []
            home[other] = [
                word for word in ([words] if isinstance(words, str) else words) if word not in value or other == key
            ]
        home[key] = list(dict.fromkeys([*([here] if isinstance(here, str) else here), *value]))
        return
    home = document if key in _TOP else leads
    if isinstance(value, dict) and isinstance(home.get(key), dict):
        for name, inner in value.items():
            if isinstance(inner, dict) and isinstance(home[key].get(name), dict):
                home[key][name] |= inner
            else:
                home[key][name] = inner
    else:
        home[key] = value


def _true(key: str, value: Any, known: Known, taken: set[tuple[str, str]]) -> Any:
    """Return what of an offer is true of the file and not yet answered."""
    if key == "rejected_share":
        return None
    if key == "encoding":
        return (
            value
            if value.lower() in _SAME.get(known.encoding, {known.encoding, known.encoding.removesuffix("-sig")})
            else None
        )
    if key in _WORDS:
        return [word for word in ([value] if isinstance(value, str) else value) if _means(known, word) == key]
    if key in ("read", "missing", "zone_names") and isinstance(value, dict):
        kept = {}
        for column, form in value.items():
            if key == "zone_names" and form != known.zones.get(column, form):
                continue
            if (key, column) not in taken and (key != "read" or _is_form(known, column, form)):
                taken.add((key, column))
                kept[column] = form
        return kept
    return value


def _means(known: Known, word: str) -> str:
    for key, words in (("won", known.won), ("lost", known.lost), ("open", known.open)):
        if folded(word) in {folded(one) for one in words}:
            return key
    return ""


def _is_form(known: Known, column: str, form: Any) -> bool:
    """Whether a column of the file is written in the form that is offered, as far as people know such a thing."""
    forms = [form] if isinstance(form, str) else list(form)
    column = column.rpartition(".")[2] if column.startswith("properties.") else column  # as JSON of HubSpot nests it
    heading = next((one for one in (*known.orders, *known.decimals) if folded(column).startswith(folded(one))), "")
    if heading in known.orders:
        return all(_order(one) in ("", *known.orders[heading]) for one in forms)
    if heading in known.decimals:
        return all(one in ("text", "id") or _decimal(one) == known.decimals[heading] for one in forms)
    return True


def _order(form: str) -> str:
    day = re.search(r"%-?[de]", form)
    month = re.search(r"%-?m", form)
    return "" if day is None or month is None else "dm" if day.start() < month.start() else "md"


def _decimal(form: str) -> str:
    """Return the decimal sign of 1234.5 as it is written: ``1.234,5``."""
    found = re.search(r"([.,])5\D*$", form)
    return found[1] if found else "."
