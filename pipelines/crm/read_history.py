"""``leadq crm history``: history out of a CRM into the files that leadq.yaml reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from leadq.crm.connectors.connector import Connector, Surroundings
from leadq.crm.connectors.history_source import Extract
from leadq.crm.connectors.opening import open_history
from leadq.crm.connectors.registry import named_faults, unfit
from leadq.foundation.owned_folders import place_of
from leadq.foundation.plurals import counted
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.crm.named_crm import named_crm
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.store_lock import only_writer


def read_crm(
    project: Project,
    progress: Progress,
    *,
    name: str,
    folder: Path,
    whole: bool = False,
    environment: Mapping[str, str],
    http: requests.Session | None = None,
) -> Told:
    """Read the history of the CRM ``name``, or what changed of it, into ``folder``.

    Parameters
    ----------
    project : Project
    progress : Progress
    name : str
        Of a CRM under ``deliver`` in leadq.yaml, which says how to sign in and what to read.
    folder : Path
    whole : bool
        Everything, whatever is there.
    environment : mapping of str to str
        Holds the secrets that leadq.yaml names.
    http : requests.Session, optional
        To be used instead of a session of the connector's own.

    Raises
    ------
    ConfigError
        No such CRM is named, or it does not let us in.
    UsageError
        ``folder`` holds what is no extract of this kind of CRM.
    StoreError
        Somebody else reads into ``folder``.
    LeadqError
        It cannot be read; ``folder`` is unchanged.
    """
    connector, to = named_crm(project, name)
    around = Surroundings(environment=environment, databases=project.config.databases, http=http)
    place = place_of(folder)
    with only_writer(place.with_name(f".{place.name}.lock"), doing=f"reading into {folder}", now=project.now):
        source = open_history(connector, to, around)
        with named_faults(to.kind, "while history was read"):
            extract = source.extract(place, whole=whole, progress=progress)
    if not isinstance(extract, Extract):
        raise unfit(to.kind, f"extract must return an Extract, and returned {type(extract).__name__}")
    return Told(facts=_facts(folder, extract), words=_words(connector, folder, extract))


def _facts(folder: Path, extract: Extract) -> dict[str, object]:
    return {
        "folder": str(folder),
        "read": dict(extract.read),
        "rows": dict(extract.rows),
        "notes": list(extract.notes),
    }


def _words(connector: Connector[Any], folder: Path, extract: Extract) -> str:
    read = ", ".join(f"{rows:,} of {name}" for name, rows in extract.read.items() if rows) or "nothing new"
    lines = [f"Read from {connector.title}: {read}.", *extract.notes]
    lines += [f"  {folder / table}.parquet: {counted(rows, 'row')}" for table, rows in extract.rows.items() if rows]
    empty = ", ".join(table for table, rows in extract.rows.items() if not rows)
    if empty:
        lines.append(f"  no rows yet: {empty}")
    guide = f": {connector.guide}" if connector.guide else ""
    return "\n".join([*lines, f"Name these files under sources in leadq.yaml{guide}."])
