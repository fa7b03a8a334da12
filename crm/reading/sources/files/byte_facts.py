"""What the bytes of a text file in UTF-8 show about how it is written, in one pass: all that the quick way of reading must know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from leadq.crm.reading.sources.files.opened_bytes import blocks

_OVERLAP = 8
_FORMULA_SAFE = re.compile(rb"'[-+=@0-9]")
_INVISIBLE = re.compile(
    rb"\xc2[\x80-\xa0\xad]|\xd8\x9c|\xe1\xa0\x8e|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf"
)
_TWICE_LATIN = re.compile(
    rb"(?:[\w .&-]{0,20}\xc3[\x82-\xb4]"
    rb"(?:\xc2[\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]){1,3})+"
    rb"[\w .&-]{0,20}"
)
_TWICE_CYRILLIC = re.compile(
    rb"(?:\xd0[\xa0\xa1](?:\xc2[\x80-\xbf]|[\xd0-\xd2][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf])){3,}"
)
_LOST = "\ufffd".encode()
_CONTROLS = [bytes([code]) for code in (1, 2, 3, 11, 12, 26, 28, 29, 30, 31, 127)]


@dataclass(slots=True, kw_only=True)
class ByteFacts:
    """Facts about the bytes of a file.

    Parameters
    ----------
    size : int
        Unpacked bytes.
    returns, feeds, both : int
        Carriage returns, line feeds, and the pairs of the two.
    nuls, quotes, tabs, escapes, formulas, guarded, controls, invisible : bool
        Whether there is a zero byte, a quote, a tab, a quote after a backslash, ``="``, an apostrophe before a number or a
        formula, a control character, a blank or sign beyond ASCII that cannot be seen.
    twice : str
        A value that looks like UTF-8 that was read in another encoding and saved again.
    lost : bool
        Whether there is the sign for a letter that was lost.
    """

    size: int = 0
    returns: int = 0
    feeds: int = 0
    both: int = 0
    nuls: bool = False
    quotes: bool = False
    tabs: bool = False
    escapes: bool = False
    formulas: bool = False
    guarded: bool = False
    controls: bool = False
    invisible: bool = False
    twice: str = ""
    lost: bool = False

    @property
    def plain_lines(self) -> bool:
        """Whether all lines end in one way, and nothing else looks like an end."""
        return self.returns == 0 or self.returns == self.feeds == self.both


def facts_of(path: Path) -> ByteFacts:
    """Look at the bytes of a file in UTF-8."""
    facts, kept = ByteFacts(), b""
    for block in blocks(path):
        _count(facts, block, kept)
        _look(facts, kept + block)
        kept = block[-_OVERLAP:]
    return facts


def _count(facts: ByteFacts, block: bytes, kept: bytes) -> None:
    facts.size += len(block)
    facts.returns += (returns := block.count(b"\r"))
    if returns or kept.endswith(b"\r"):
        facts.both += block.count(b"\r\n") + (kept.endswith(b"\r") and block.startswith(b"\n"))
    if facts.returns:
        facts.feeds += block.count(b"\n")


def _look(facts: ByteFacts, block: bytes) -> None:
    facts.nuls = facts.nuls or b"\0" in block
    facts.quotes = facts.quotes or b'"' in block
    facts.tabs = facts.tabs or b"\t" in block
    facts.escapes = facts.escapes or (b"\\" in block and (b'\\"' in block or b"\\'" in block))
    facts.formulas = facts.formulas or (b"=" in block and b'="' in block)
    facts.guarded = facts.guarded or (b"'" in block and _FORMULA_SAFE.search(block) is not None)
    facts.controls = facts.controls or any(control in block for control in _CONTROLS)
    if block.isascii():
        return
    facts.invisible = facts.invisible or _INVISIBLE.search(block) is not None
    facts.lost = facts.lost or _LOST in block
    facts.twice = facts.twice or _encoded_twice(block)


def _encoded_twice(block: bytes) -> str:
    for pattern, codec in ((_TWICE_LATIN, "cp1252"), (_TWICE_LATIN, "latin-1"), (_TWICE_CYRILLIC, "cp1251")):
        if b"\xc3" not in block and pattern is _TWICE_LATIN:
            continue
        if found := pattern.search(block):
            text = found[0].decode("utf-8", "ignore")
            try:
                meant = text.encode(codec).decode("utf-8")
            except UnicodeError:
                continue
            if meant != text and meant.isprintable():
                return f"{text.strip()!r} (probably {meant.strip()!r})"
    return ""
