"""The text that people sign: the file without its signatures; and a signature entered into it, with the hash of that text.

Comments are part of what is signed, for they say what is meant. Line ends are not, nor is where the signatures stand.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date

from leadq.agreement.schema import Agreement, Signature
from leadq.foundation.problems import AgreementError
from leadq.foundation.yaml_reader import parse_yaml
from leadq.foundation.yaml_scalars import quoted

SIGNED = "signed"
_AHEAD = ("review_by", "effective_from", "version")
"""Signatures are entered below the last of these, where there are none yet."""
_PLAIN = re.compile(r"[A-Za-z][A-Za-z]*( [A-Za-z]+)+")
_REMARK = re.compile(r"\}\s*(?P<remark>#.*)")
_HEAD = re.compile(rf"{SIGNED}\s*:\s*(?P<comment>#.*)?")


def terms_sha256(text: str) -> str:
    """Return the SHA-256 of an agreement's text without its signatures.

    Raises
    ------
    AgreementError
        The text is no YAML.
    """
    lines = text.splitlines()
    start, end = _signatures(text, lines)
    terms = "\n".join(line.rstrip() for line in lines[:start] + lines[end:]).strip("\n")
    return hashlib.sha256(terms.encode("utf-8")).hexdigest()


def sign(agreement: Agreement, *, roles: tuple[str, ...], on: date) -> str:
    """Return the text of an agreement with signatures of ``roles`` entered; what else stands in it stays to the letter.

    Parameters
    ----------
    agreement : Agreement
        As it was read; its ``text`` is signed.
    roles : tuple of str
        Who signs. An earlier signature of the same role is replaced, those of others stay.
    on : date

    Raises
    ------
    AgreementError
        The text is no YAML.
    """
    text = agreement.text
    lines = text.splitlines()
    start, end = _signatures(text, lines)
    sha256 = terms_sha256(text)
    kept = [one for one in agreement.signed if _called(one.role) not in {_called(role) for role in roles}]
    made = [Signature(role=role, on=on, sha256=sha256) for role in roles]
    comments = [line for line in lines[start:end] if line.lstrip().startswith("#")]
    head = _HEAD.fullmatch(lines[start].rstrip()) if end > start else None
    comment = f" {head['comment']}" if head and head["comment"] else ""
    remarks = _remarks(lines[start:end], agreement.signed)
    entered = [*(f"{_line(one)}{remarks.get(one, '')}" for one in kept), *map(_line, made)]
    block = [f"{SIGNED}:{comment}", *comments, *entered]
    newline = "\r\n" if "\r\n" in text else "\n"
    return newline.join([*lines[:start], *block, *lines[end:]]) + newline


def _remarks(block: list[str], signatures: tuple[Signature, ...]) -> dict[Signature, str]:
    """Return what stands behind a signature on its line, as far as each has a line of its own."""
    items = [line for line in block if line.lstrip().startswith("- ")]
    if len(items) != len(signatures):
        return {}
    found = {one: _REMARK.search(line) for one, line in zip(signatures, items, strict=True)}
    return {one: f" {remark['remark']}" for one, remark in found.items() if remark}


def _line(signature: Signature) -> str:
    role = signature.role if _PLAIN.fullmatch(signature.role) else quoted(signature.role)
    sha256 = f", sha256: {signature.sha256}" if signature.sha256 else ""
    return f"  - {{role: {role}, on: {signature.on.isoformat()}{sha256}}}"


def _called(role: str) -> str:
    return " ".join(role.lower().split())


def _signatures(text: str, lines: list[str]) -> tuple[int, int]:
    """Return the first line of the signatures and the one after their last, counted from 0; equal where there are none yet."""
    root = parse_yaml(text.removeprefix("\ufeff"), where="agreement.yaml", error=AgreementError).root
    place = root.lines.get(SIGNED)
    if place is None:
        after = max((root.lines[key] for key in _AHEAD if key in root.lines), default=0)
        return after, after
    later = sorted(line - 1 for line in root.lines.values() if line > place)
    end = later[0] if later else len(lines)
    while end > place and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return place - 1, end
