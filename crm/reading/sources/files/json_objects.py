"""The objects of a JSON file, one after the other: one a line, or a list of them, alone or within an answer of an API.

A list of any length is read in blocks; an answer with objects around its list is read whole.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from leadq.crm.reading.sources.files.encodings import error_handler
from leadq.crm.reading.sources.files.opened_bytes import blocks, open_bytes
from leadq.crm.reading.sources.loaded_file import refused
from leadq.foundation.problems import MAX_EXAMPLES

_MOST_WHOLE = 64 << 20
"""Characters of an answer that is read whole, and of one object."""
_BETWEEN = re.compile(r"[\s,]*")
_DEPTH = 3
_MOST_OTHER_KEYS = 12
_ONE_OBJECT_A_ROW = "Write it as a list with one object per row ([{...}, {...}]), or as JSON lines, one object a line."
Object = dict[str, Any]


def _differ(pairs: list[tuple[str, Any]]) -> Object:
    """Return an object; a key that appears again gets a number."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found = {}
    for key, value in pairs:
        number, new = 1, key
        while new in found:
            number += 1
            new = f"{key}_{number}"
        found[new] = value
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_differ, parse_int=str, parse_float=str, parse_constant=lambda _: None, strict=False
)


def objects_of_lines(path: Path, encoding: str) -> Iterator[tuple[int, Object | None]]:
    """Yield line and object of every line that is not blank; None where it is no object. Pages of an API are taken apart."""
    yield from _without_pages(_lines(path, encoding))


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, Object | None]]:
    codec, errors = error_handler(encoding)
    # ends of lines only: a text may have another sign that Unicode calls one
    with open_bytes(path) as raw, io.TextIOWrapper(raw, codec, errors) as lines:
        for number, line in enumerate(lines, start=1):
            text = line.strip().lstrip("\ufeff")
            if not text:
                continue
            try:
                found, end = _DECODER.raw_decode(text)
                whole = end == len(text) and isinstance(found, dict)
            except (ValueError, RecursionError):
                whole = False
            yield number, found if whole else None


def _without_pages(rows: Iterable[tuple[int, Object | None]]) -> Iterator[tuple[int, Object | None]]:
    """Yield the objects within the pages of an API's answer, where the first object is a page."""
    paged: str | None = None
    first = True
    for number, found in rows:
        if found is None:
            yield number, None
            continue
        if first:
            paged, first = _page(found), False
        if paged is None:
            yield number, found
        else:
            yield from ((number, one) for one in found.get(paged) or () if isinstance(one, dict))


def _page(found: Object) -> str | None:
    """Return the key of the rows, where the object is a page of an API's answer: one list of objects, little beside it."""
    lists = [key for key, value in found.items() if _is_rows(value)]
    known = {"results", "records", "data", "items", "value", "deals", "leads", "contacts", "opportunities"}
    around = [key for key, value in found.items() if not isinstance(value, list)]
    return lists[0] if len(lists) == 1 and lists[0].lower() in known and len(around) <= _MOST_OTHER_KEYS else None


def objects_of_document(path: Path, encoding: str, named: str | None) -> Iterator[tuple[int, Object | None]]:
    """Yield place and object of a list of objects, or of the one list within an object (the one that ``named`` names).

    Raises
    ------
    FileProblem
        It is damaged, or has no list of objects, or several of which none is named.
    """
    texts = _texts(path, encoding)
    start = next((piece for piece in (text.lstrip("\ufeff \t\r\n") for text in texts) if piece), "")
    if not start:
        raise refused(path, "must not be empty", "", "Export it again.")
    if start[0] == "[" and named is None:
        yield from _without_pages(_listed(path, start[1:], texts))
        return
    if start[0] not in "[{":
        raise refused(path, "must be JSON", repr(start[:40]), _ONE_OBJECT_A_ROW)
    found, rest = _whole(path, start, texts)
    if rest:
        yield from objects_of_lines(path, encoding)
        return
    for number, one in enumerate(_rows_within(path, found, named), start=1):
        yield number, one if isinstance(one, dict) else None


def _whole(path: Path, start: str, texts: Iterator[str]) -> tuple[Any, bool]:
    """Return the first value of a document, and whether something follows it."""
    pieces, size = [start], len(start)
    for piece in texts:
        pieces.append(piece)
        size += len(piece)
        if size > _MOST_WHOLE:
            remedy = "Write the list of rows alone into the file ([{...}, {...}])."
            raise refused(path, "must be a list of objects if it is large", "an object", remedy)
    document = "".join(pieces)
    try:
        found, end = _DECODER.raw_decode(document)
    except (ValueError, RecursionError) as error:
        raise refused(path, "must be JSON", str(error)[:100], "Export it again; it is damaged.") from error
    return found, bool(document[end:].strip())


def _texts(path: Path, encoding: str) -> Iterator[str]:
    codec, errors = error_handler(encoding)
    decoder = codecs.getincrementaldecoder(codec)(errors)
    for block in blocks(path):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _listed(path: Path, start: str, texts: Iterator[str]) -> Iterator[tuple[int, Object | None]]:
    number, buffer, at = 0, start, 0
    while True:
        match = _BETWEEN.match(buffer, at)
        at = match.end() if match else at
        if at < len(buffer) and buffer[at] == "]":
            return
        try:
            found, end = _DECODER.raw_decode(buffer, at)
            if end == len(buffer):  # a number may go on in the next block
                raise json.JSONDecodeError("more to come", buffer, end)
            number, at = number + 1, end
            yield number, found if isinstance(found, dict) else None
        except RecursionError as error:
            raise refused(path, "must be JSON", f"object {number + 1}", "Export it again; it is damaged.") from error
        except ValueError as error:
            more = next(texts, None)
            while more == "":
                more = next(texts, None)
            if more is None or len(buffer) - at > _MOST_WHOLE:
                rest = buffer[at : at + 40]
                shown = f"object {number + 1}: {rest!r}" if rest else "the end is missing"
                raise refused(path, "must be JSON", shown, "Export it again; it is damaged.") from error
            while len(more) < len(buffer) - at and (further := next(texts, None)) is not None:
                more += further
            buffer, at = buffer[at:] + more, 0


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value[:100])


def _rows_within(path: Path, found: Any, named: str | None) -> list[Any]:
    lists: list[tuple[str, Any]] = [("", found)] if _is_rows(found) else _lists_within(found)
    if named is not None:
        chosen = [rows for key, rows in lists if key == named]
        if not chosen:
            known = ", ".join(key for key, _ in lists[:MAX_EXAMPLES]) or "none"
            raise refused(path, "must have the list that sheet names", named, f"It has: {known}.")
        return list(chosen[0])
    if len(lists) > 1:
        keys = [key for key, _ in lists]
        remedy = f"Name the one with the rows, for it in leadq.yaml: sheet: {keys[0]}"
        raise refused(path, "must have one list of objects", ", ".join(keys[:MAX_EXAMPLES]), remedy)
    if lists:
        return list(lists[0][1])
    if isinstance(found, dict) and not any(
        isinstance(value, dict | list) and len(value) > _MOST_OTHER_KEYS for value in found.values()
    ):
        return [found]
    raise refused(path, "must have a list of objects", "none", _ONE_OBJECT_A_ROW)


def _lists_within(found: Any) -> list[tuple[str, Any]]:
    """Return the lists of objects that lie least deep, by their keys."""
    level: list[tuple[str, Any]] = [("", found)]
    for _ in range(_DEPTH):
        inner = [
            (f"{above}.{key}" if above else key, value)
            for above, one in level
            if isinstance(one, dict)
            for key, value in one.items()
        ]
        if lists := [(key, value) for key, value in inner if _is_rows(value)]:
            return lists
        level = inner
    return []
