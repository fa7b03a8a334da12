"""Ids of one table that another writes otherwise: the same ones found, said, and asked about where the data do not settle it.

The table that owns the ids keeps them as it writes them (a lead's id goes back to the CRM); the others follow. An id that stands in the
owner as it is written is never touched, and none is given to two of the owner's. Leaves out rows whose id nobody has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadq.crm.reading.findings import Findings
from leadq.crm.reading.values.ids import FORM, KEY, RULES, SameId
from leadq.crm.storage.scratch_database import Relation, count, first_row, name, scalar
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import Problem

PAIRS = "_leadq_pairs"
"""Table of what was found: ``_leadq_key`` as a follower writes it, ``_leadq_own`` as the owner does."""
OWN = "_leadq_own"
_LOST = "_leadq_lost"
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    rule: SameId
    rows: int
    written: str
    owned: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A column that holds ids of another table.

    Parameters
    ----------
    table : str
        Whose column it is, for what is said.
    column : str
        As its source calls it, for the line to paste.
    owner : str
        Who owns the ids, for what is said.
    asked : str
        What ``read`` of ``leadq.yaml`` says of it: ``id`` takes every way in which ids are the same, ``text`` none, empty: what the
        data settle.
    where : str
        The column's address in a Problem.
    """

    table: str
    column: str
    owner: str
    where: str
    asked: str = ""


def match_keys(findings: Findings, keys: Relation, owned: Relation, follower: Follower) -> bool:
    """Find the ids ``keys`` (one column) that are ids of ``owned`` (one column) written otherwise; notes and problems are told.

    Returns
    -------
    bool
        Whether there are any: then table :data:`PAIRS` holds them.
    """
    if follower.asked == "text":
        return False
    connection = findings.connection
    given = keys.project(f"{name(keys.columns[0])} AS {KEY}").filter(f"{KEY} IS NOT NULL").set_alias("given")
    owner = owned.project(f"{name(owned.columns[0])} AS {OWN}").filter(f"{OWN} IS NOT NULL").set_alias("owner")
    connection.execute(f"DROP TABLE IF EXISTS {_LOST}; DROP TABLE IF EXISTS {PAIRS}")
    given.join(owner, f"given.{KEY} = owner.{OWN}", how="anti").distinct().create(_LOST)
    lost = count(connection.table(_LOST))
    if not lost:
        return False
    owners = owned.project(f"{name(owned.columns[0])} AS {KEY}").filter(f"{KEY} IS NOT NULL").distinct()
    owners.create("_leadq_owners")
    connection.execute(f"CREATE TABLE {PAIRS} ({KEY} VARCHAR, {OWN} VARCHAR)")
    total = scalar(given, f"count(DISTINCT {KEY})")
    told = [found for rule in RULES if (found := _by_rule(findings, rule, lost, total, follower)) is not None]
    connection.execute("DROP TABLE _leadq_owners")
    for found in told:
        same = one_or_many(found.rows, "id is", "ids are")
        findings.notes.append(
            f"{follower.table}: {found.rows:,} {same} written otherwise in {follower.column} than in {follower.owner}, "
            f"{found.rule.why}: {found.written!r} is {found.owned!r} there, and read as that"
        )
    return bool(told)


def _by_rule(findings: Findings, rule: SameId, lost: int, total: int, follower: Follower) -> _Found | None:
    """Match what is still lost by one rule; None where it finds nothing or is not to be trusted."""
    connection = findings.connection
    mine = rule.form(connection.table(_LOST)).set_alias("mine")
    theirs = rule.form(connection.table("_leadq_owners"))
    ambiguous = theirs.aggregate(f"{FORM}, min({KEY}) AS {OWN}, max({KEY}) AS _leadq_other, count(*) AS _leadq_rows")
    ambiguous.create("_leadq_forms")
    forms = connection.table("_leadq_forms").set_alias("theirs")
    pairs = mine.join(forms, f"mine.{FORM} = theirs.{FORM}").project(
        f"mine.{KEY} AS {KEY}, theirs.{OWN} AS {OWN}, theirs._leadq_other AS _leadq_other, theirs._leadq_rows AS _leadq_rows"
    )
    pairs.create("_leadq_matches")
    matches = connection.table("_leadq_matches")
    sure = matches.filter("_leadq_rows = 1")
    found = count(sure)
    result: _Found | None = None
    if matched := count(matches):
        written, owned, other = (
            matches.order(f"_leadq_rows DESC, {KEY}").project(f"{KEY}, {OWN}, _leadq_other").limit(1).fetchall()[0]
        )
        settled = rule.certain or follower.asked == "id" or _settled(findings, rule, matches, found, lost, total)
        if not settled and matched > findings.rejected_share * total:
            findings.problems.append(_doubt(rule, follower, matched, total, (written, owned, other)))
        elif settled and found:
            written, owned = sure.order(KEY).project(f"{KEY}, {OWN}").limit(1).fetchall()[0]
            sure.project(f"{KEY}, {OWN}").insert_into(PAIRS)
            connection.execute(f"DELETE FROM {_LOST} WHERE {KEY} IN (SELECT {KEY} FROM {PAIRS})")  # noqa: S608 - names of ours
            result = _Found(rule=rule, rows=found, written=written, owned=owned)
    connection.execute("DROP TABLE _leadq_forms; DROP TABLE _leadq_matches")
    return result


def _settled(findings: Findings, rule: SameId, matches: Relation, found: int, lost: int, total: int) -> bool:
    """Whether the data settle that texts which agree by a rule that is not certain are the same ids.

    No two of either side agree, nearly all that are lost are found so, and either nearly all were lost or the way of writing
    itself says nothing: one side writes all in one letter case, or all with equally many digits.
    """
    once = first_row(matches.aggregate(f"count(DISTINCT {OWN}), count(*), max(_leadq_rows)"))
    if once[0] < once[1] or once[2] > 1 or found < _NEARLY_ALL * lost:
        return False
    sides = [findings.connection.table(table) for table in ("_leadq_owners", _LOST)]
    return lost >= _NEARLY_ALL * total or any(_says_nothing(rule, side) for side in sides)


def _says_nothing(rule: SameId, side: Relation) -> bool:
    if rule.why == "in capitals and in small letters":
        return bool(first_row(side.aggregate(f"bool_and({KEY} = lower({KEY})) OR bool_and({KEY} = upper({KEY}))"))[0])
    same = f"min(length({KEY})) = max(length({KEY})) AND bool_or({KEY}[1] = '0')"
    return bool(first_row(side.filter(f"regexp_full_match({KEY}, '\\d+')").aggregate(same))[0])


def _doubt(rule: SameId, follower: Follower, matched: int, total: int, example: tuple[str, str, str]) -> Problem:
    written, owned, other = example
    both = f"{owned!r}" if owned == other else f"{owned!r} and {other!r}"
    return Problem(
        where=follower.where,
        rule=f"ids must be written as in {follower.owner}; {matched:,} of {counted(total, 'id')} may be the same as there, {rule.why}, "
        "and the data do not settle it",
        value=f"{written!r} here, {both} there",
        count=matched,
        remedy=f"If they are the same, set read: {{{follower.column}: id}} for {follower.table} in leadq.yaml; if not, set "
        f"read: {{{follower.column}: text}}.",
    )


def rekey(findings: Findings, table: str, column: str, only: str = "true") -> None:
    """Give the ids of :data:`PAIRS` in ``column`` of a table as their owner writes them; ``only`` is an SQL condition on its rows."""
    findings.connection.execute(
        f"UPDATE {name(table)} SET {name(column)} = pairs.{OWN} FROM {PAIRS} AS pairs "  # noqa: S608 - names are quoted
        f"WHERE {name(column)} = pairs.{KEY} AND {only}"
    )


def keep_pairs(findings: Findings, table: str) -> None:
    """Keep :data:`PAIRS` as a table of its own, for as long as rows are looked up in it."""
    findings.connection.execute(f"ALTER TABLE {PAIRS} RENAME TO {name(table)}")


def asked_of(read: Mapping[str, tuple[str, ...]], *names: str) -> str:
    """Return the first form that ``read`` of ``leadq.yaml`` gives a column of one of these names, letter case aside, or nothing."""
    wanted = {one.lower() for one in names}
    return next((forms[0] for column, forms in read.items() if column.lower() in wanted and forms), "")
