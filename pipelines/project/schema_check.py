"""Whether tonight's sources still have the shape that the model was trained on: its columns, their types, its tables.

A column that is gone, empty or of another kind would be scored as unknown for everybody; that is told before anything is
scored. New columns and new values are no reason to stop, and what drifts within its shape is the watch's matter.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.parquet as pq

from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.contract.history import FieldType, History, OwnField
from leadq.features.catalogue import Catalogue, Feature
from leadq.foundation.problems import Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_scalars import plain_or_quoted
from leadq.pipelines.project.project import Project

_TABLE_OF = {"lead": "leads", "account": "accounts"}
_TYPE_OF_UNIT: dict[str, FieldType] = {
    "as recorded": "number",
    "0/1": "flag",
    "days before as-of": "date",
    "employees": "category",
}
_REMEDY = "Change it back to what it was, or train and promote a model on the sources as they are now."


def shape_problems(project: Project, history: History, catalogue: Catalogue) -> tuple[Problem, ...]:
    """Say what of the model's columns and tables tonight's history does not have.

    Parameters
    ----------
    project : Project
        Knows the files, for the messages.
    history : History
    catalogue : Catalogue
        Of the bundle that is to score.
    """
    problems = list(_tables(project, history, catalogue))
    filled = {table: _filled(history, table) for table in _TABLE_OF.values()}
    own = {(_TABLE_OF[field.entity], field.name): field for field in history.own_fields}
    for (table, column), feature in _columns(catalogue).items():
        if column in TABLES[table].names:
            if column not in filled[table]:
                rule = "must be a column with values, as when the model was trained"
                problems.append(_problem(project, table, column, rule, "no values", _REMEDY))
        else:
            problems += _own_field(project, table, column, feature, own)
    return tuple(problems)


def _columns(catalogue: Catalogue) -> dict[tuple[str, str], Feature]:
    """Columns of leads and accounts that the features are computed from, each with one of its features."""
    found: dict[tuple[str, str], Feature] = {}
    for feature in catalogue.features:
        table, _, column = feature.source.partition(".")
        if table in _TABLE_OF.values() and column:
            found.setdefault((table, column), feature)
    return found


def _tables(project: Project, history: History, catalogue: Catalogue) -> Iterator[Problem]:
    with_events = any(feature.source == "events" for feature in catalogue.features)
    if with_events and not history.dated:
        rule = "must have dates, as when the model was trained"
        yield _problem(project, "leads", "", rule, "a flat source", _REMEDY)
    elif with_events and catalogue.event_kinds and not pq.read_metadata(history.path("events")).num_rows:
        yield _problem(project, "events", "", "must have rows, as when the model was trained", "none", _REMEDY)


def _filled(history: History, table: str) -> frozenset[str]:
    """Columns with at least one value, from the file's own statistics."""
    file = pq.read_metadata(history.path(table))
    found: set[str] = set()
    for group in (file.row_group(place) for place in range(file.num_row_groups)):
        for column in (group.column(place) for place in range(group.num_columns)):
            statistics = column.statistics
            nulls = statistics.null_count if statistics is not None and statistics.has_null_count else 0
            if nulls < group.num_rows:
                found.add(column.path_in_schema)
    return frozenset(found)


def _own_field(
    project: Project, table: str, column: str, feature: Feature, own: dict[tuple[str, str], OwnField]
) -> Iterator[Problem]:
    field = own.get((table, column))
    expected = "category" if feature.kind == "category" else _TYPE_OF_UNIT.get(feature.unit, "number")
    if field is None:
        hint = did_you_mean(column, [name for where, name in own if where == table])
        rule = "must be a column of the file, as when the model was trained"
        yield _problem(project, table, column, rule, "no such column", f"{hint}{_REMEDY}")
    elif field.type != expected and not feature.group:  # a plug-in may make a number out of any field
        rule = f"must be a {expected}, as when the model was trained"
        remedy = f"Fix the values; if only a few are wrong, fix the type: own_fields: {{types: {{{plain_or_quoted(column)}: {expected}}}}}."
        yield _problem(project, table, column, rule, f"a {field.type}", remedy)
    elif field.status == "refused":
        remedy = f"Fix the values, or vouch for the column: own_fields: {{vouch: {{{plain_or_quoted(column)}: why}}}}. {_REMEDY}"
        yield _problem(project, table, column, "must be usable, as when the model was trained", field.why, remedy)


def _problem(project: Project, table: str, column: str, rule: str, value: str, remedy: str) -> Problem:
    source = project.config.flat or getattr(project.config.sources, table)
    where = f"{table}: {source.title}" if source is not None else f"{table} (no source in leadq.yaml)"
    return Problem(where=f"{where} column {column}" if column else where, rule=rule, value=value, remedy=remedy)
