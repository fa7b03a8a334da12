"""A staged file's columns as canonical text: what each must hold by its mapping, how the values say it is read, doubts as Problems.

After this step times are ISO 8601, numbers are plain, missing values are null; mapping, joins and rules see nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa

from leadq.crm.config.schema import Config, Flat, FromLeadColumns, Join, Source
from leadq.crm.contract.crm_tables import TABLES, TIME
from leadq.crm.reading.columns.reading_problems import changed_problem, doubt_problem, unknown_column
from leadq.crm.reading.columns.wanted_columns import CONTRACT_IDS, OWN_KEYS, WITH_OWN_FIELDS
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.people.headings import is_of_people
from leadq.crm.reading.sources.source_rows import SourceRows
from leadq.crm.reading.values.changed_writing import kept_as_trained
from leadq.crm.reading.values.column_reading import ColumnReading, Wanted
from leadq.crm.reading.values.read_columns import read_columns
from leadq.crm.reading.values.read_settings import ReadSettings
from leadq.crm.storage.scratch_database import ROW, Relation, count, name, text


@dataclass(slots=True, kw_only=True)
class Canonical:
    """Makes columns canonical and keeps how each was read.

    Parameters
    ----------
    config : Config
    findings : Findings
        Takes the doubts.
    trained : mapping of staged name to mapping of column to ColumnReading
        How a model's training read them; tonight's columns are read so again.
    readings : dict
        How they are read now, filled as sources are looked at.
    """

    config: Config
    findings: Findings
    trained: Mapping[str, Mapping[str, ColumnReading]] = field(default_factory=dict)
    readings: dict[str, dict[str, ColumnReading]] = field(default_factory=dict)

    def source(self, work: SourceRows) -> SourceRows:
        """Make the columns of a source canonical, and the first filled of several one column; those of a join come with it."""
        wanted = self._wanted(work)
        done = self._made(work, wanted, work.source, f"raw_{work.table}")
        return with_first_filled(done, complete=not work.source.join)

    def join(self, work: SourceRows, join: Join, staged: str, key: str) -> SourceRows:
        """Make the columns of a joined file canonical."""
        taken = {column: "any" for one in join.take if (column := work.loaded.column(one)) is not None}
        kinds = self._contract_kinds(work.table, work, {})
        wanted: dict[str, Wanted] = {**taken, **{c: kind for c, kind in kinds.items() if c in taken}, key: "id"}  # type: ignore[dict-item]
        return self._made(work, wanted, join, staged)

    def changes(self, rows: Relation) -> Relation:
        """Make old and new values of mapped field history canonical as the columns that changed are; call before fields are renamed."""
        cases: dict[str, list[str]] = {"old_value": [], "new_value": []}
        for table, entity in WITH_OWN_FIELDS.items():
            for column, reading in self.readings.get(f"raw_{table}", {}).items():
                if not reading.plain:
                    of = f"entity = {text(entity)} AND lower(field) = lower({text(column)})"
                    for value, found in cases.items():
                        found.append(f"WHEN {value} IS NOT NULL AND {of} THEN {reading.expression(value)}")
        shown = [
            f"CASE {' '.join(cases[column])} ELSE {column} END AS {column}" if cases.get(column) else name(column)
            for column in rows.columns
        ]
        return rows.project(", ".join(shown))

    def _made(self, work: SourceRows, wanted: Mapping[str, Wanted], said: Source | Join, staged: str) -> SourceRows:
        settings = self._settings(work, said, staged)
        for column in (*said.read, *said.missing):
            if not _columns_of(work, column):
                self.findings.problems.append(unknown_column(work, column))
        judged = read_columns(work.rows, wanted, settings, total=count(work.rows))
        readings, changed = kept_as_trained(judged.readings, self.trained.get(staged, {}), said=settings.read)
        self.findings.problems += [doubt_problem(work, said, one) for one in judged.doubts]
        self.findings.problems += [changed_problem(work, said, one) for one in changed]
        self.readings[staged] = readings
        shown = [
            f"{readings[column].expression(column)} AS {name(column)}"
            if column in readings and not readings[column].plain
            else name(column)
            for column in work.loaded.columns
        ]
        return replace(work, rows=work.rows.project(", ".join([ROW, *shown])))

    def _settings(self, work: SourceRows, said: Source | Join, staged: str) -> ReadSettings:
        """Gather what is said about the columns, under the names that they have in the file."""
        read = {one: forms for column, forms in said.read.items() for one in _columns_of(work, column)}
        missing = {one: words for column, words in said.missing.items() for one in _columns_of(work, column)}
        named: dict[str, list[str]] = {}
        for key, words in said.values.items():
            named.setdefault(work.resolve(key) or key, []).extend([*words, *(new for new in words.values() if new)])
        if isinstance(said, Source):
            for key, patterns in said.where.items():
                named.setdefault(work.resolve(key) or key, []).extend(patterns)
        for column in self._outcome_columns(work):
            named.setdefault(column, []).extend(self._outcome_words())
        return ReadSettings(
            read=read,
            missing=missing,
            named=named,
            time_format=getattr(said, "time_format", None),
            decimal=said.decimal if "decimal" in said.model_fields_set else None,
            zone_names=self.config.zone_names,
            trained=self.trained.get(staged, {}),
        )

    def _outcome_columns(self, work: SourceRows) -> list[str]:
        flat, outcome = self.config.flat, self.config.outcome
        named: tuple[str, ...] = ()
        if flat is not None:
            named = flat.outcome if work.table == "leads" else ()
        elif work.table == "leads" and isinstance(outcome, FromLeadColumns):
            named = outcome.column
        elif work.table == "opportunities" and outcome is not None and outcome.origin == "opportunities":
            named = ("outcome",)
        elif work.table == "events":
            named = ("kind",)
        return [column for one in named if (column := work.resolve(one)) is not None]

    def _outcome_words(self) -> list[str]:
        origin = self.config.flat or self.config.outcome
        words = [] if origin is None else [*origin.won, *origin.lost, *getattr(origin, "open", ())]
        return [part for word in words for part in (word, *word.split(" | "))]

    def _wanted(self, work: SourceRows) -> dict[str, Wanted]:
        """Columns of the file that are used, and what each must hold."""
        source = work.source
        own = source.own_fields
        free: dict[str, Wanted] = {}
        if work.table in WITH_OWN_FIELDS:
            taken = None if own.take == "all" else {own.rename.get(one, one) for one in own.take}
            vouched = {own.rename.get(one, one) for one in own.vouch}
            free = {
                column: "text" if is_of_people(column) and column not in vouched else "any"
                for column in work.loaded.columns
                if taken is None or column in taken
            }
            for field_name, kind in own.types.items():
                column = work.loaded.column(own.rename.get(field_name, field_name))
                as_kind: dict[str, Wanted] = {"number": "number", "date": "time", "category": "text", "flag": "any"}
                if column is not None:
                    free[column] = as_kind[kind]
        for key in source.where:
            if (column := work.resolve(key)) is not None:
                free[column] = "text"
        free |= self._contract_kinds(work.table, work, {**source.own_fields.rename})
        for join in source.join:
            if (column := work.resolve(join.keys[0])) is not None and free.get(column) != "text":
                free[column] = "id"
        free |= dict.fromkeys(self._outcome_columns(work), "outcome")
        if source.newest_by is not None and (column := work.resolve(source.newest_by)) is not None:
            free[column] = "time"
        if isinstance(source, Flat) and source.order is not None and (column := work.resolve(source.order)) is not None:
            free[column] = "any"
        return free

    def _contract_kinds(self, table: str, work: SourceRows, rename: Mapping[str, str]) -> dict[str, Wanted]:
        """Columns of the file that are columns of the contract."""
        renamed = {column.lower() for column in rename.values()}
        kinds: dict[str, Wanted] = {}
        for one in TABLES[table]:
            kind: Wanted = "text"
            if one.type == TIME:
                kind = "time"
            elif pa.types.is_floating(one.type):
                kind = "number"
            elif one.name in CONTRACT_IDS:
                kind = "key" if one.name == OWN_KEYS.get(table) else "id"
            said = work.source.columns.get(one.name)
            columns = said if said is not None else () if one.name.lower() in renamed else (one.name,)
            kinds |= {column: kind for wanted in columns if (column := work.loaded.column(wanted)) is not None}
        return kinds


def _columns_of(work: SourceRows, key: str) -> list[str]:
    """Columns of the file that a name of ``leadq.yaml`` means: one of the file's own, or all that a contract column is read from."""
    wanted = work.source.columns.get(key, (key,))
    return [column for one in wanted if (column := work.loaded.column(one)) is not None]


def with_first_filled(work: SourceRows, *, complete: bool = True) -> SourceRows:
    """Add a column for each contract column that has several source columns: the first of them that is filled.

    ``complete``: all columns are there; else one that is not may come with a join, and its contract column is added after it.
    """
    added: dict[str, str] = {}
    for contract, columns in work.source.columns.items():
        if len(columns) < 2 or work.source.named[contract] in work.loaded.columns:
            continue
        found = [work.loaded.column(column) for column in columns]
        if None in found and not complete:
            continue
        for wanted, column in zip(columns, found, strict=True):
            if column is None:
                work.missing(wanted, f"a source of {contract}")
        added[work.source.named[contract]] = f"coalesce({', '.join([name(c) for c in found if c] or ['NULL'])})"
    if not added:
        return work
    rows = work.rows.project(", ".join(["*", *(f"{given} AS {name(new)}" for new, given in added.items())]))
    return replace(work, rows=rows, loaded=replace(work.loaded, columns=(*work.loaded.columns, *added)))
