"""Columns taken from a second file or table: the key unique there, and nearly every key of the source found in it."""

from __future__ import annotations

from dataclasses import replace

from leadq.crm.config.schema import Join, Source
from leadq.crm.reading.sources.source_files import Loaded
from leadq.crm.reading.sources.source_rows import SourceRows, with_values
from leadq.crm.storage.scratch_database import Relation, count, name, scalar
from leadq.crm.storage.source_locations import Place
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import MAX_EXAMPLES, Problem
from leadq.foundation.suggestions import did_you_mean


def joined(work: SourceRows, join: Join, right: Loaded | None) -> SourceRows:
    """Take the columns of a join from the staged file ``right`` (None: it could not be read, which is said already)."""
    if right is None:
        return work
    left_key, right_key = work.resolve(join.keys[0]), right.column(join.keys[1])
    right_work = replace(
        work, source=_as_source(join), loaded=right,
        rows=work.findings.connection.table(right.table),
    )  # fmt: skip
    if left_key is None:
        work.missing(join.keys[0], "the key of a join")
    if right_key is None:
        right_work.missing(join.keys[1], "the key of a join")
    taken = [(wanted, right.column(wanted)) for wanted in join.take]
    for wanted, column in taken:
        if column is None:
            right_work.missing(wanted, "a column to take")
        elif work.loaded.column(column) is not None:
            work.findings.problems.append(
                Problem(
                    where=f"{work.table}: join of {join.title}",
                    rule="must not take a column that the source already has",
                    value=column,
                    remedy="Leave it out of take.",
                )
            )
    columns = [column for _, column in taken if column is not None and work.loaded.column(column) is None]
    if left_key is None or right_key is None or len(columns) < len(join.take):
        return work
    others = with_values(right_work, set(join.values)).rows
    _check_keys(work, join, left_key, right_key, others)
    mine, theirs = work.rows.set_alias("mine"), others.set_alias("theirs")
    rows = mine.join(theirs, f"mine.{name(left_key)} = theirs.{name(right_key)}", how="left").project(
        ", ".join(["mine.*", *(f"theirs.{name(column)} AS {name(column)}" for column in columns)])
    )
    return replace(work, rows=rows, loaded=replace(work.loaded, columns=(*work.loaded.columns, *columns)))


def _as_source(join: Join) -> Source:
    """Return the place and value maps of a join, to be looked at as a source's are."""
    place = {field: getattr(join, field) for field in Place.model_fields}
    return Source.model_construct(**place, values=join.values, columns={})


def _check_keys(work: SourceRows, join: Join, left_key: str, right_key: str, others: Relation) -> None:
    """Check that a joined file holds each key once, and nearly every key of the source."""
    findings = work.findings
    where = f"{work.table}: join of {join.title} on {left_key}"
    twice = (
        others.filter(f"{name(right_key)} IS NOT NULL")
        .aggregate(f"{name(right_key)} AS k, count(*) AS n")
        .filter("n > 1")
    )
    if rows := count(twice):
        findings.problems.append(
            Problem(
                where=where,
                rule="the joined file must have each key only once",
                count=rows,
                remedy="Remove the duplicates from it.",
                examples=tuple(
                    f"{key!r}: {counted(n, 'time')}" for key, n in twice.order("k").limit(MAX_EXAMPLES).fetchall()
                ),
            )
        )
    mine, theirs = work.rows.set_alias("mine"), others.set_alias("theirs")
    lost = mine.filter(f"mine.{name(left_key)} IS NOT NULL").set_alias("mine").join(
        theirs, f"mine.{name(left_key)} = theirs.{name(right_key)}", how="anti"
    )  # fmt: skip
    rows = count(lost)
    if rows == 0:
        return
    total = scalar(work.rows, f"count({name(left_key)})")
    keys = lost.aggregate(f"{name(left_key)} AS k, count(*) AS n").order("n DESC, k").limit(MAX_EXAMPLES).fetchall()
    shown = ", ".join(f"{key!r} ({counted(n, 'row')})" for key, n in keys)
    if rows <= findings.rejected_share * total:
        unmatched = one_or_many(rows, "has", "have")
        findings.notes.append(
            f"{where}: {rows:,} of {counted(total, 'row')} {unmatched} no match in the joined file: {shown}"
        )
        return
    known = [str(key) for (key,) in others.project(name(right_key)).distinct().limit(10_000).fetchall()]
    hint = did_you_mean(str(keys[0][0]), known)
    findings.problems.append(
        Problem(
            where=where,
            rule=f"keys must be in the joined file; {rows:,} of {counted(total, 'row')} have no match there",
            value=shown,
            count=rows,
            remedy=f"{hint}Map the words with values: {{{left_key}: {{...}}}}, or add them to {join.title}.",
        )
    )
