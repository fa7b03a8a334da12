"""In which encoding a text file is written: by its mark, by its zero bytes, as UTF-8, else the one whose letters make words.

What several encodings would read as different words is a doubt, which is said and never guessed away.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from charset_normalizer import from_bytes

from leadq.crm.reading.sources.files.alphabets import CANDIDATES, plausibility
from leadq.crm.reading.sources.files.opened_bytes import BLOCK, blocks, first_bytes, open_bytes, private_file
from leadq.crm.storage.source_locations import BROKEN_BYTES_REPLACED

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_LOOKED_AT = 65_536
_MOST_VALUES = 3_000
"""Different values with letters beyond ASCII that are looked at."""
_LONGEST = 200
_CELL = re.compile(rb'[,;\t\r"]')
_GOOD, _MARGIN = 0.75, 0.08
_MOST_LOOKED = 1 << 26
_NUL_SHARE = 0.1
_OLD = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEncoding:
    """The encoding of a file.

    Parameters
    ----------
    codec : str
    doubt : str
        What the bytes do not settle, in plain words; empty where they do.
    example : str
        A value as it is read, where the encoding was inferred from the letters.
    others : tuple of str
        Encodings that would do as well.
    readings : str
        The example as the likeliest encodings read it, where there is a doubt.
    broken : str
        Where a file that is otherwise UTF-8 has the first bytes that are no text; empty where it has none.
    """

    codec: str
    doubt: str = ""
    example: str = ""
    others: tuple[str, ...] = ()
    readings: str = ""
    broken: str = ""


def look_for_encoding(path: Path) -> FoundEncoding:
    """Find the encoding of a plain or gzip text file from its bytes."""
    start = first_bytes(path, _LOOKED_AT)
    for mark, codec in _MARKS:
        if start.startswith(mark):
            return FoundEncoding(codec=codec)
    if wide := _wide(start):
        return FoundEncoding(codec=wide)
    if b"\x1b$" in start and undecodable(path, "iso2022_jp") == "":
        return FoundEncoding(codec="iso2022_jp")
    broken = undecodable(path, "utf-8")
    if not broken:
        return FoundEncoding(codec="utf-8")
    values = _values(path)
    if _nearly_utf8(path):
        doubt = f"it is UTF-8 but for {broken}"
        return FoundEncoding(codec="utf-8" + BROKEN_BYTES_REPLACED, doubt=doubt, broken=broken)
    alone = start.count(b"\r") - start.count(b"\r\n")
    return _by_letters(path, values, of_a_mac=alone > start.count(b"\n"))  # an LF may stand in a cell


def error_handler(encoding: str) -> tuple[str, str]:
    """Split ``encoding`` as ``leadq.yaml`` writes it into codec and what is done with broken bytes."""
    codec = encoding.removesuffix(BROKEN_BYTES_REPLACED)
    codec = "utf-8-sig" if codecs.lookup(codec).name == "utf-8" else codec
    return codec, "replace" if encoding.endswith(BROKEN_BYTES_REPLACED) else "strict"


def is_plain_utf8(encoding: str) -> bool:
    """Whether the engine reads a file of this encoding as it is."""
    return not encoding.endswith(BROKEN_BYTES_REPLACED) and codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def write_as_utf8(path: Path, encoding: str, target: Path) -> None:
    """Write the text of ``path`` as UTF-8 into ``target``, which only its owner can read.

    Raises
    ------
    UnicodeDecodeError
        Some bytes are no text in ``encoding``.
    """
    codec, errors = error_handler(encoding)
    decoder = codecs.getincrementaldecoder(codec)(errors)
    with private_file(target) as handle:
        for block in blocks(path):
            handle.write(decoder.decode(block).encode("utf-8", "replace"))
        handle.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))


def undecodable(path: Path, encoding: str) -> str:
    """Return where the first bytes stand that are no text in ``encoding``, and what they are; empty where all is text."""
    codec, errors = error_handler(encoding)
    decoder = codecs.getincrementaldecoder(codec)(errors)
    lines, kept = 1, b""
    for block in blocks(path):
        try:
            if not (block.isascii() and codec == "utf-8-sig" and not kept):
                decoder.decode(block)
        except UnicodeDecodeError as error:
            data, place = bytes(error.object), error.start
            return f"line {lines + data[:place].count(10)}, {data[max(0, place - 20) : place + 20]!r}"
        lines += block.count(b"\n")
        kept = decoder.getstate()[0]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return f"line {lines}, its last bytes"
    return ""


def _wide(start: bytes) -> str:
    """Return UTF-16 or UTF-32 without a mark, told by where the zero bytes of digits, separators and line ends are."""
    if b"\0" not in start:
        return ""
    whole = start[: len(start) // 4 * 4]
    if len(whole) >= 8 and whole[2::4].count(0) + whole[3::4].count(0) == len(whole) // 2:
        return "utf-32-le"
    if len(whole) >= 8 and whole[0::4].count(0) + whole[1::4].count(0) == len(whole) // 2:
        return "utf-32-be"
    even, odd = whole[0::2].count(0), whole[1::2].count(0)
    half = max(len(whole) // 2, 1)
    for codec, many, few in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if many > _NUL_SHARE * half and few < many / 20 and _decodes(whole, codec):
            return codec
    return ""


def _decodes(data: bytes, codec: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(codec)().decode(data)
    except UnicodeDecodeError:
        return False
    return any(end in text for end in "\n\r,;\t")


def _values(path: Path) -> list[bytes]:
    """Return different values with bytes beyond ASCII, from the whole file."""
    found: dict[bytes, None] = {}
    with open_bytes(path) as handle:
        while (lines := handle.readlines(BLOCK)) and len(found) < _MOST_VALUES:
            for line in lines:
                if not line.isascii():
                    found.update((_around(cell).strip(), None) for cell in _CELL.split(line) if not cell.isascii())
    return [value for value in islice(found, _MOST_VALUES) if not value.isascii()]


def _around(cell: bytes) -> bytes:
    """Return the part of a long cell in which its first letter beyond ASCII stands."""
    first = next(place for place, byte in enumerate(cell) if byte > 0x7F)
    begin = max(first - _LONGEST // 2, 0)
    return cell[begin : begin + _LONGEST]


def _nearly_utf8(path: Path) -> bool:
    """Whether more letters beyond ASCII are UTF-8 than are not, which by accident never happens."""
    broken = letters = looked = 0
    for block in blocks(path):
        text = block.decode("utf-8", "replace")
        broken += (lost := text.count("\ufffd"))
        letters += len(text) - len(text.encode("ascii", "ignore")) - lost
        looked += len(block)
        if looked >= _MOST_LOOKED:
            break
    return 0 < broken < letters


def _by_letters(path: Path, values: list[bytes], *, of_a_mac: bool) -> FoundEncoding:
    """Return the encoding under which the values are words, and which others would read other words.

    Lines that end in CR alone are written by spreadsheets of a Mac, in an encoding of a Mac.
    """
    readings: list[tuple[float, str, list[str]]] = []
    for place, codec in enumerate(CANDIDATES):
        try:
            texts = [value.decode(codec) for value in values]
        except UnicodeDecodeError:
            continue
        if not any(texts == known for _, _, known in readings):
            readings.append((plausibility(codec, texts) - _rarity(codec, place, of_a_mac=of_a_mac), codec, texts))
    readings = sorted(readings, key=lambda reading: -reading[0])
    while readings and undecodable(path, readings[0][1]):
        readings.pop(0)
    if not values or not readings or readings[0][0] < 0:
        return _second_opinion(values)
    best, codec, texts = readings[0]
    margin = _MARGIN if best >= _GOOD else 1.0
    close = [reading for reading in readings[1:4] if best - reading[0] < margin and reading[0] > 0]
    if not close:
        return FoundEncoding(codec=codec, example=texts[0]) if best >= _GOOD else _unsure(codec, texts[0])
    differs = next((place for place, text in enumerate(texts) if text != close[0][2][place]), 0)
    shown = " or ".join(f"{reading[2][differs]!r} ({reading[1]})" for reading in [readings[0], *close[:1]])
    others = tuple(reading[1] for reading in close)
    doubt = f"does it say {shown}?"
    return FoundEncoding(codec=codec, example=texts[differs], others=others, readings=shown, doubt=doubt)


def _rarity(codec: str, place: int, *, of_a_mac: bool) -> float:
    """Return what a reading loses because hardly any export is written in its encoding, and of two alike the first is named."""
    if of_a_mac:
        return place * 1e-4 + (0.0 if codec.startswith("mac_") else _OLD)
    old = codec.startswith(("mac_", "iso", "cp4", "cp8")) and codec not in ("cp874", "mac_cyrillic")
    return place * 1e-4 + (_OLD if old else 0.0)


def _unsure(codec: str, example: str) -> FoundEncoding:
    doubt = f"is {example!r} as it is written ({codec})?"
    return FoundEncoding(codec=codec, example=example, readings=f"{example!r} ({codec})", doubt=doubt)


def _second_opinion(values: list[bytes]) -> FoundEncoding:
    best = from_bytes(b"\n".join(values)).best()
    codec = best.encoding if best is not None else "latin-1"
    example = values[0].decode(codec, "replace") if values else ""
    return _unsure(codec, example)
