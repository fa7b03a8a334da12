"""A source's rows on their way into the contract: which columns they have by now, and value maps.

Shared by mapping and joins. A column may be named by its contract name or by its name in the source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from leadq.crm.config.schema import Source
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.sources.loaded_file import Loaded
from leadq.crm.storage.scratch_database import ROW, Relation, name, text
from leadq.foundation.problems import Problem
from leadq.foundation.suggestions import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRows:
    """Rows of one source, the columns they have by now, and where problems go."""

    table: str
    source: Source
    findings: Findings
    rows: Relation
    loaded: Loaded

    def resolve(self, wanted: str) -> str | None:
        """Source column of a contract or source column name."""
        return self.loaded.column(self.source.named.get(wanted, wanted))

    def missing(self, column: str, what: str) -> None:
        """Add the Problem that the file lacks ``column``."""
        hint = did_you_mean(column, self.loaded.columns)
        self.findings.problems.append(
            Problem(
                where=f"{self.table}: {self.source.path or self.source.title}",
                rule=f"{what} must be a column of the {self.source.kind}",
                value=column,
                remedy=f"{hint}It has: {', '.join(self.loaded.columns)}.",
            )
        )


def with_values(work: SourceRows, keys: set[str]) -> SourceRows:
    """Replace words of the columns ``keys`` as the source's ``values`` say."""
    replaced: dict[str, str] = {}
    for key in sorted(keys):
        column = work.resolve(key)
        if column is None:
            work.missing(key, "a column with mapped values")
            continue
        cases = " ".join(
            f"WHEN {text(old)} THEN {text(new) if new is not None else 'NULL'}"
            for old, new in work.source.values[key].items()
        )
        replaced[column] = f"CASE {name(column)} {cases} ELSE {name(column)} END"
    if not replaced:
        return work
    shown = [
        f"{replaced[column]} AS {name(column)}" if column in replaced else name(column)
        for column in work.loaded.columns
    ]
    return replace(work, rows=work.rows.project(", ".join([ROW, *shown])))
