"""Valid files of every format, broken in every way: bytes, blocks, huge cells, deep nesting, archives that grow, parts of workbooks."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.crm.reading.generator.cells import table
from tests.crm.reading.generator.plan import STRUCTURES, draw
from tests.crm.reading.generator.written import write

ROWS = 60
"""Leads in a file that is broken: enough for every rule, few enough to be quick."""
Bytes = Callable[[random.Random, bytes], bytes]
# fmt: off
HOSTILE = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b'""', b"\\", b"\r", b"\n", b"\r\n", b"\t", b";", b",", b"\x1a", b"\x85", b"\xe2\x80\xa8",
    b"=cmd|' /C calc'!A0", b"'", b"{", b"[", b"}", b"<html>", b"%s%n", b"\x1f", b"\xf0\x9f\x92\xa9", b"\xed\xa0\x80", b"1e999", b"-0",
    b"9" * 400, b"0000-00-00", b"99999-12-31", b"NaN", b"Infinity", b"$(id)", b"' OR 1=1 --", b"_leadq_row",
]
# fmt: on


def flipped(dice: random.Random, raw: bytes) -> bytes:
    """Change some bytes."""
    held = bytearray(raw)
    for _ in range(dice.choice([1, 3, 20, 200])):
        held[dice.randrange(len(held))] = dice.randrange(256)
    return bytes(held)


def cut(dice: random.Random, raw: bytes) -> bytes:
    """Keep the beginning or the end."""
    place = dice.choice([dice.randrange(len(raw)), min(len(raw), dice.choice([1, 2, 3, 4, 10, 100]))])
    return raw[:place] if dice.random() < 0.8 else raw[place:]


def doubled(dice: random.Random, raw: bytes) -> bytes:
    """Write a block again, or the whole file."""
    begin, end = sorted((dice.randrange(len(raw)), dice.randrange(len(raw))))
    return raw + raw if dice.random() < 0.2 else raw[:end] + raw[begin:end] * dice.choice([1, 2, 30]) + raw[end:]


def swapped(dice: random.Random, raw: bytes) -> bytes:
    """Swap two blocks."""
    a, b, c = sorted(dice.randrange(len(raw)) for _ in range(3))
    return raw[:a] + raw[b:c] + raw[a:b] + raw[c:]


def sown(dice: random.Random, raw: bytes) -> bytes:
    """Put in what has a meaning somewhere."""
    held = raw
    for _ in range(dice.choice([1, 2, 10])):
        place = dice.randrange(len(held) + 1)
        held = held[:place] + dice.choice(HOSTILE) + held[place:]
    return held


def huge_cell(dice: random.Random, raw: bytes) -> bytes:
    """Put one cell of megabytes in, or thousands of columns."""
    place = raw.find(b",", dice.randrange(len(raw))) + 1
    filler = dice.choice(
        [b"x" * 3_000_000, b"," * 5_000, b'"' + b"y\n" * 400_000 + b'"', b"\n" * 300_000, b"[" * 200_000]
    )
    return raw[:place] + filler + raw[place:]


def other_zeros(dice: random.Random, raw: bytes) -> bytes:
    """Overwrite a stretch with zeros, as a disk does."""
    place = dice.randrange(len(raw))
    length = dice.choice([4, 64, 4096])
    return raw[:place] + bytes(length) + raw[place + length :]


ON_BYTES: list[Bytes] = [flipped, cut, doubled, swapped, sown, huge_cell, other_zeros]


def broken_file(seed: int, folder: Path) -> tuple[Path, str]:
    """Write the broken file of ``seed`` and return it with the name of what was done."""
    dice = random.Random(seed)
    plan = draw(dice.randrange(10**6))
    plan.structure = dice.choice(list(STRUCTURES))
    plan.count = ROWS
    path = write(plan, table(plan), folder)
    done = f"{plan.structure} "
    chosen = [path] if path.exists() else sorted(folder.glob(path.name))
    if path.suffix in (".zip", ".xlsx") and dice.random() < 0.7:
        mutate = dice.choice(_ON_ARCHIVES)
        path.write_bytes(mutate(dice, path.read_bytes()))
        return path, done + mutate.__name__
    if path.suffix in (".json", ".jsonl") and dice.random() < 0.4:
        mutate_json = dice.choice(_ON_JSON)
        path.write_text(mutate_json(dice, path.read_text(encoding="utf-8")), encoding="utf-8", errors="surrogatepass")
        return path, done + mutate_json.__name__
    for _ in range(dice.choice([1, 1, 2])):
        target, mutate = dice.choice(chosen), dice.choice(ON_BYTES)
        target.write_bytes(mutate(dice, target.read_bytes() or b"\n"))
        done += f"{mutate.__name__} "
    if path.exists() and dice.random() < 0.08:
        packed = path.with_name(path.name + ".gz")
        packed.write_bytes(gzip.compress(path.read_bytes())[: dice.choice([None, 30, 200])])
        return packed, done + "gz"
    return path, done


def _repacked(raw: bytes, change: Callable[[str, bytes], list[tuple[str, bytes]]]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            for renamed, content in change(name, old.read(name)):
                new.writestr(renamed, content)
    return held.getvalue()


def a_member_broken(dice: random.Random, raw: bytes) -> bytes:
    """Break the content of one member and pack it well."""
    with zipfile.ZipFile(io.BytesIO(raw)) as held:
        chosen = dice.choice(held.namelist())
    mutate = dice.choice(ON_BYTES)
    return _repacked(raw, lambda name, content: [(name, mutate(dice, content) if name == chosen else content)])


def a_member_missing(dice: random.Random, raw: bytes) -> bytes:
    """Leave one member out."""
    with zipfile.ZipFile(io.BytesIO(raw)) as held:
        chosen = dice.choice(held.namelist())
    return _repacked(raw, lambda name, content: [] if name == chosen else [(name, content)])


def a_member_with_a_path(dice: random.Random, raw: bytes) -> bytes:
    """Name members so that they would land elsewhere."""
    prefix = dice.choice(["../../", "/tmp/", "C:\\", "con/", "a" * 300 + "/", "./", "x=1/"])
    return _repacked(raw, lambda name, content: [(prefix + name, content)])


def members_of_other_kinds(dice: random.Random, raw: bytes) -> bytes:
    """Add folders, pictures, an archive in the archive."""
    more = dice.choice(
        [
            ("folder/", b""),
            ("__MACOSX/._deals.csv", b"\x00\x05\x16\x07"),
            ("logo.png", b"\x89PNG"),
            ("inner.zip", raw),
            ("a.csv", b""),
        ]
    )
    held = io.BytesIO(_repacked(raw, lambda name, content: [(name, content)]))
    with zipfile.ZipFile(held, "a") as packed:
        packed.writestr(*more)
    return held.getvalue()


def bomb(dice: random.Random, raw: bytes) -> bytes:
    """Add a member, or fill one, that grows a thousandfold when it is unpacked."""
    line = dice.choice([b"x,y,z\n", b" ", b"0"])
    grown = line * (200_000_000 // len(line))
    done: list[str] = []

    def change(name: str, content: bytes) -> list[tuple[str, bytes]]:
        if done or (name.endswith(".rels") and len(done) == 0):
            return [(name, content)]
        done.append(name)
        return [(name, content + grown)]

    return _repacked(raw, change)


def entities(dice: random.Random, raw: bytes) -> bytes:
    """Declare entities that contain each other in every part of a workbook (billion laughs), or an outside file."""
    laughs = b"<!DOCTYPE l [<!ENTITY a0 'ha'>" + b"".join(
        b"<!ENTITY a%d '%s'>" % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 9)
    ) + b"]>"  # fmt: skip
    outside = b"<!DOCTYPE l [<!ENTITY a8 SYSTEM 'file:///etc/hostname'>]>"
    head = dice.choice([laughs, outside])

    def change(name: str, content: bytes) -> list[tuple[str, bytes]]:
        if not name.endswith(".xml"):
            return [(name, content)]
        first, end, rest = content.partition(b"?>\n")
        return [
            (
                name,
                first + end + head + rest.replace(b"<v>", b"<v>&a8;", 3).replace(b'preserve">', b'preserve">&a8;', 3),
            )
        ]

    return _repacked(raw, change)


def wide_sheet(dice: random.Random, raw: bytes) -> bytes:
    """Write a cell at the far end of the sheet, or numbers that no text has."""
    far = dice.choice([b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
                       b'<row r="4000000000"><c r="ZZZZZZZ4000000000"><v>1</v></c></row></sheetData>',
                       b'<row r="2"><c r="A2" t="s"><v>99999999</v></c><c r="B2" t="s"><v>-1</v></c></row></sheetData>',
                       b'<row r="2"><c r="A2" t="d"><v>9999-99-99</v></c><c r="B2" t="e"><v>#REF!</v></c></row></sheetData>'])  # fmt: skip
    return _repacked(raw, lambda name, content: [(name, content.replace(b"</sheetData>", far))])


_ON_ARCHIVES: list[Bytes] = [
    a_member_broken,
    a_member_broken,
    a_member_missing,
    a_member_with_a_path,
    members_of_other_kinds,
    bomb,
    entities,
    wide_sheet,
]


def deep(dice: random.Random, text: str) -> str:
    """Nest a value very deep."""
    depth = dice.choice([60, 900, 5_000, 200_000])
    inner = dice.choice([("[", "]"), ('{"a":', "}")])
    return (
        text.replace("null", inner[0] * depth + "1" + inner[1] * depth, 1)
        if "null" in text
        else inner[0] * depth + text
    )


def mixed_types(dice: random.Random, text: str) -> str:
    """Give some values other types: lists, objects, numbers, one row that is no object."""
    value = dice.choice(
        [
            "[1, 2]",
            '{"x": {"y": [1, {"z": 2}]}}',
            "1e400",
            "true",
            '"\\ud800"',
            '"\\u0000"',
            "[]",
            "{}",
            "-0",
            "123456789012345678901234567890",
        ]
    )
    place = text.find(": ", dice.randrange(max(1, len(text) - 10)))
    end = text.find(",", place)
    return text[: place + 2] + value + text[end:] if 0 < place < end else text + value


def many_keys(dice: random.Random, text: str) -> str:
    """Give one row thousands of keys, or the same key twice."""
    keys = json.dumps({f"k{i}": i for i in range(dice.choice([10, 4_000]))})[1:-1]
    return text.replace("{", "{" + dice.choice([keys, '"Deal ID": 1, "deal id": 2', '"": 1, "": 2']) + ", ", 1)


_ON_JSON = [deep, mixed_types, many_keys]
