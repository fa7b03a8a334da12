"""The manifest of a scoring run: what went in, what came out. Its file is the commit point.

A run's name is the hash of its inputs, so the same night repeated is the same run. Whatever is in the store without
a manifest never happened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from leadq.crm.contract.crm_tables import SCHEMA_VERSION
from leadq.foundation.problems import Problem, StoreError

RunKind = Literal["night", "since", "lead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInputs:
    """All that decides a run's scores.

    Parameters
    ----------
    kind : {"night", "since", "lead"}
        Only a whole night is the state that the next night compares with.
    scope : str
        The moment of ``--since`` or the lead of ``--lead``; empty for a night.
    as_of : datetime
        UTC.
    history_sha256, bundle_version, agreement_sha256 : str
    agreement_version : int
    sentences_sha256 : str
        Of the company's own sentences; empty, and no part of the document, with leadq's.
    previous_runs : tuple of str
        What this run compares with, newest first: all runs down to the first whole night that is half a day older. Empty for
        the first.
    """

    kind: RunKind
    scope: str = ""
    as_of: datetime
    history_sha256: str
    bundle_version: str
    agreement_version: int
    agreement_sha256: str
    sentences_sha256: str = ""
    previous_runs: tuple[str, ...] = ()

    @property
    def run_id(self) -> str:
        """Sixteen hexadecimal digits, the same for the same inputs."""
        document = {**self.to_document(), "schema_version": SCHEMA_VERSION}
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]

    def to_document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        document = {**asdict(self), "as_of": self.as_of.isoformat()}
        if not self.sentences_sha256:  # runs from before a company could have its own keep their names
            del document["sentences_sha256"]
        return document

    @staticmethod
    def from_document(document: dict[str, Any]) -> RunInputs:
        """Read what :meth:`to_document` made."""
        as_of, previous = datetime.fromisoformat(document["as_of"]), tuple(document["previous_runs"])
        return RunInputs(**{**document, "as_of": as_of, "previous_runs": previous})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A committed run.

    Parameters
    ----------
    inputs : RunInputs
    scored_at : datetime
        The clock of the run, in every row of its score table.
    scores, snapshot : str
        Files, relative to the store.
    scores_sha256, snapshot_sha256 : str
    moves, moves_sha256 : str
        File of the tier moves; empty for runs from before there were any.
    counts : dict
        Rows per status and tier, as the scorer counted them.
    history_counts : dict
        Rows per source table: read, used, rejected.
    """

    inputs: RunInputs
    scored_at: datetime
    scores: str
    scores_sha256: str
    snapshot: str
    snapshot_sha256: str
    moves: str = ""
    moves_sha256: str = ""
    counts: dict[str, Any] = field(default_factory=dict)
    history_counts: dict[str, Any] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """Name of the run."""
        return self.inputs.run_id

    @property
    def snapshot_id(self) -> str:
        """Name of what was known in this run: the run's own, since a snapshot belongs to one run."""
        return self.run_id

    @property
    def records_touches(self) -> bool:
        """Whether the sources had touches; without any nobody knows which leads sales worked."""
        tables = self.history_counts.get("tables")
        return tables is None or tables.get("touches", {"used": 0}).get("used", 1) > 0

    def as_recorded(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row of this run's score table; ``worked``, true of every lead without touches, is None where it is not recorded."""
        return {**row, **({} if self.records_touches else {"worked": None})}

    def to_json(self) -> str:
        """Text of the manifest, stable byte for byte."""
        document = asdict(self)
        document["inputs"] = self.inputs.to_document()
        document["scored_at"] = self.scored_at.isoformat()
        document["run_id"] = self.run_id
        return json.dumps(document, indent=1, sort_keys=True) + "\n"


def read_run(path: Path) -> Run:
    """Read a manifest.

    Raises
    ------
    StoreError
        The manifest is damaged, or its name is not the hash of its inputs.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        named = document.pop("run_id")
        inputs = RunInputs.from_document(document.pop("inputs"))
        document["scored_at"] = datetime.fromisoformat(document["scored_at"])
        run = Run(inputs=inputs, **document)
        if run.run_id != named:
            raise ValueError(f"its inputs hash to {run.run_id}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "Restore the file from a backup, or remove it and score that night again."
        raise StoreError(
            Problem(where=str(path), rule="must be a complete run manifest", value=str(error), remedy=remedy)
        ) from error
    return run


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, read in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
