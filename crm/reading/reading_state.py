"""One reading of a company's sources as it goes on: what is read, by which rules, and what was found so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from leadq.crm.config.schema import Config, Source
from leadq.crm.reading.columns.canonical_columns import Canonical
from leadq.crm.reading.columns.profiling import TypedField
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.steps import Steps, steps_of
from leadq.crm.reading.values.column_reading import ColumnReading
from leadq.crm.storage.scratch_database import Connection


@dataclass(slots=True, kw_only=True)
class Reading:
    """The state that the steps of a reading share.

    Parameters
    ----------
    config : Config
    read_at : datetime
        Nothing later can be in the data.
    connection : DuckDBPyConnection
    scratch : Path
        Folder for what is rewritten on the way.
    say : callable
        Told in a few words what is being done.
    number : int
        Which reading it is.
    trained : mapping
        How each column was read at training, by staged name and column; empty at training itself.
    """

    config: Config
    read_at: datetime
    connection: Connection
    scratch: Path
    say: Callable[[str], None]
    number: int
    trained: Mapping[str, Mapping[str, ColumnReading]]
    findings: Findings = field(init=False)
    canonical: Canonical = field(init=False)
    steps: Steps = field(init=False)
    counts: dict[str, int] = field(default_factory=dict)
    own: dict[str, list[TypedField]] = field(default_factory=dict)
    fetched: dict[str, Path] = field(default_factory=dict)
    moments: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.findings = Findings(
            connection=self.connection, rejected_share=self.config.rejected_share, reading=self.number
        )
        self.canonical = Canonical(config=self.config, findings=self.findings, trained=self.trained)
        self.steps = steps_of(self.number)

    @property
    def sources(self) -> list[tuple[str, Source]]:
        """Tables that have a source, in the contract's order."""
        return self.config.tables()
