"""Columns taken from a second file or table: the key unique there, and nearly every key of the source found in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from leadq.crm.config.schema import Join, Source
from leadq.crm.reading import FIRST
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.sources.loaded_file import Loaded
from leadq.crm.reading.sources.source_rows import SourceRows, with_values
from leadq.crm.reading.values.ids import KEY
from leadq.crm.reading.values.key_matching import OWN, Follower, asked_of, keep_pairs, match_keys
from leadq.crm.storage.scratch_database import ROW, Relation, count, first_row, name, scalar
from leadq.crm.storage.source_locations import Place
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import MAX_EXAMPLES, Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_scalars import quoted_list

_SHOWN, _THERE, _ROWS = "_leadq_written", "_leadq_there", "_leadq_rows"
"""A key as its source writes it, the same as the joined file writes it, and how many rows have it."""


def joined(
    work: SourceRows, join: Join, right: Loaded | None, canonical: Callable[..., SourceRows] | None = None
) -> SourceRows:
    """Take the columns of a join from the staged file ``right`` (None: it could not be read, which is said already).

    ``canonical`` makes the joined file's columns canonical text; the first reading has none.
    """
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
    right_work = with_values(right_work, set(join.values))
    others = (right_work if canonical is None else canonical(right_work, key=right_key)).rows
    rows, key = work.rows, left_key
    if canonical is not None:
        others = _each_once(work, join, others, right_key, columns)
        rows, key = _as_keys_there(work, join, left_key, others.project(name(right_key)), right.table)
    _check_keys(
        work, join, rows.project(f"{name(left_key)} AS {_SHOWN}, {name(key)} AS {_THERE}"), left_key, right_key, others
    )
    mine, theirs = rows.set_alias("mine"), others.set_alias("theirs")
    kept = [ROW, *work.loaded.columns]
    rows = mine.join(theirs, f"mine.{name(key)} = theirs.{name(right_key)}", how="left").project(
        ", ".join(f"mine.{name(column)} AS {name(column)}" for column in kept)
        + "".join(f", theirs.{name(column)} AS {name(column)}" for column in columns)
    )
    return replace(work, rows=rows, loaded=replace(work.loaded, columns=(*work.loaded.columns, *columns)))


def _each_once(work: SourceRows, join: Join, others: Relation, key: str, columns: list[str]) -> Relation:
    """Return a joined file's key and columns to take, rows that repeat them left out with a note."""
    needed = list(dict.fromkeys([key, *columns]))
    given = others.filter(f"{name(key)} IS NOT NULL").project(", ".join(map(name, needed)))
    once = given.distinct()
    if repeated := count(given) - count(once):
        again = one_or_many(repeated, "row says", "rows say")
        work.findings.notes.append(
            f"{work.table}: in {join.title}, {repeated:,} {again} again what another says; each counts once"
        )
    return once


def _as_keys_there(work: SourceRows, join: Join, key: str, theirs: Relation, staged: str) -> tuple[Relation, str]:
    """Return the rows with their key as the joined file writes it, and the name of that column."""
    follower = Follower(
        table=work.table,
        column=key,
        owner=join.title,
        where=f"{work.table}: join of {join.title} on {key}",
        asked=asked_of(work.source.read, key, join.keys[0]),
    )
    if not match_keys(work.findings, work.rows.project(name(key)), theirs, follower):
        return work.rows, key
    pairs = f"{staged}_pairs"
    keep_pairs(work.findings, pairs)
    mine, there = work.rows.set_alias("mine"), work.findings.connection.table(pairs).set_alias("pairs")
    rows = mine.join(there, f"mine.{name(key)} = pairs.{KEY}", how="left")
    return rows.project(f"mine.*, coalesce(pairs.{OWN}, mine.{name(key)}) AS {_THERE}"), _THERE


def _as_source(join: Join) -> Source:
    """Return the place and value maps of a join, to be looked at as a source's are."""
    place = {field: getattr(join, field) for field in Place.model_fields}
    return Source.model_construct(**place, values=join.values, columns={})


def _check_keys(work: SourceRows, join: Join, keys: Relation, left_key: str, right_key: str, others: Relation) -> None:
    """Check that a joined file holds each key once, and nearly every key of the source.

    ``keys`` are those of the source, as written and as the joined file writes them.
    """
    findings = work.findings
    where = f"{work.table}: join of {join.title} on {left_key}"
    filled = others.filter(f"{name(right_key)} IS NOT NULL")
    twice = filled.aggregate(f"{name(right_key)} AS {KEY}, count(*) AS {_ROWS}").filter(f"{_ROWS} > 1")
    if rows := count(twice):
        findings.problems.append(
            Problem(
                where=where,
                rule="the joined file must have each key only once",
                count=rows,
                remedy=_remedy_of_repeats(findings, join, filled, right_key),
                examples=tuple(
                    f"{key!r}: {counted(n, 'time')}" for key, n in twice.order(KEY).limit(MAX_EXAMPLES).fetchall()
                ),
            )
        )
    mine, theirs = keys.filter(f"{_SHOWN} IS NOT NULL").set_alias("mine"), others.set_alias("theirs")
    lost = mine.join(theirs, f"mine.{_THERE} = theirs.{name(right_key)}", how="anti")
    rows = count(lost)
    if rows == 0:
        return
    total = scalar(keys, f"count({_SHOWN})")
    most = lost.aggregate(f"{_SHOWN} AS {KEY}, count(*) AS {_ROWS}").order(f"{_ROWS} DESC, {KEY}").limit(MAX_EXAMPLES)
    unmatched = most.fetchall()
    shown = ", ".join(f"{key!r} ({counted(n, 'row')})" for key, n in unmatched)
    if rows <= findings.rejected_share * total:
        have = one_or_many(rows, "has", "have")
        findings.notes.append(
            f"{where}: {rows:,} of {counted(total, 'row')} {have} no match in the joined file: {shown}"
        )
        return
    known = [str(key) for (key,) in others.project(name(right_key)).distinct().limit(10_000).fetchall()]
    hint = did_you_mean(str(unmatched[0][0]), known)
    findings.problems.append(
        Problem(
            where=where,
            rule=f"keys must be in the joined file; {rows:,} of {counted(total, 'row')} have no match there",
            value=shown,
            count=rows,
            remedy=f"{hint}Map the words with values: {{{left_key}: {{...}}}}, or add them to {join.title}.",
        )
    )


def _remedy_of_repeats(findings: Findings, join: Join, others: Relation, key: str) -> str:
    """Say in which of the columns to take the rows of a key differ, and what to take instead."""
    if findings.reading == FIRST:
        return "Remove the duplicates from it."
    columns = [column for column in others.columns if column != key]
    tests = [f"min({name(one)}) IS DISTINCT FROM max({name(one)}) AS c{place}" for place, one in enumerate(columns)]
    by_key = others.aggregate(", ".join([name(key), *tests]), name(key))
    counts = first_row(by_key.aggregate(", ".join(f"count_true(c{place})" for place in range(len(columns)))))
    differing = [one for one, keys in zip(columns, counts, strict=True) if keys]
    left = [one for one in join.take if one.lower() not in {column.lower() for column in differing}]
    told = f"The rows of a key differ in {', '.join(differing)}. "
    if not left:
        return f"{told}Keep one row of each key in it, or leave the join out."
    return f"{told}Take only the other columns: write take: {quoted_list(left)} in the join; or keep one row of each key in it."
