"""Rows of owners: their roles in the contract's words, and who is in no row although leads are theirs.

A role that is none of the contract's words counts as not known, is named, and stops nothing: a new title must not stop a night. Which
words mean which role is proposed, here in the note and by ``leadq init``; a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable

from leadq.crm.contract.crm_tables import OWNER_ROLES
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.values.words.owner_roles import role_of
from leadq.crm.storage.scratch_database import count, texts
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.yaml_scalars import quoted

_SHOWN = 5


def know_roles(findings: Findings) -> None:
    """Leave the role of staged owners empty where it is no word of the contract, with a note that names the line to write."""
    unknown = f"role IS NOT NULL AND role NOT IN {texts(OWNER_ROLES)}"
    words = findings.good("owners").filter(unknown).aggregate("role, count(*) AS n").order("n DESC, role")
    found = [(str(word), int(rows)) for word, rows in words.fetchall()]
    if not found:
        return
    findings.connection.execute(f"UPDATE staged_owners SET role = NULL WHERE {unknown}")  # noqa: S608 - words of ours
    rows = sum(n for _, n in found)
    shown = ", ".join(f"{word!r} ({n:,})" for word, n in found[:_SHOWN])
    more = f" and {counted(len(found) - _SHOWN, 'other word')}" if len(found) > _SHOWN else ""
    line = ", ".join(f"{quoted(word)}: {role_of(word)}" for word, _ in found[:_SHOWN])
    findings.notes.append(
        f"owners.role: {counted(rows, 'row')} {one_or_many(rows, 'has', 'have')} no role that leadq knows: {shown}{more}. Say under "
        f"owners in leadq.yaml what each is, {', '.join(OWNER_ROLES)}: values: {{role: {{{line}}}}}"
    )


def note_unlisted(findings: Findings, people: Iterable[str]) -> None:
    """Note owners of leads, and names in ``people`` of leadq.yaml, that no row of owners has: nobody knows what they are."""
    listed = findings.good("owners").project("owner").set_alias("listed")
    known = {str(owner) for (owner,) in listed.filter(f"owner IN {texts([*people, ''])}").fetchall()}
    leads = findings.good("leads").filter("owner IS NOT NULL")
    missing = leads.set_alias("leads").join(listed, "leads.owner = listed.owner", how="anti")
    if rows := count(missing):
        found = missing.aggregate("owner, count(*) AS n").order("n DESC, owner")
        names = [f"{str(owner)!r} ({int(n):,})" for owner, n in found.limit(_SHOWN).fetchall()]
        findings.notes.append(
            f"leads.owner: {rows:,} of {counted(count(leads), 'lead')} with an owner {one_or_many(rows, 'has', 'have')} one that "
            f"owners has no row of: {_some(names, count(found))}. They count as not known to be sales"
        )
    if named := sorted({*people} - known):
        findings.notes.append(
            f"people in leadq.yaml names owners that owners has no row of: {_some(named, len(named))}"
        )


def _some(shown: list[str], total: int) -> str:
    more = f" and {total - _SHOWN:,} more" if total > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
