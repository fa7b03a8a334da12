"""``leadq crm history``: history out of Salesforce into the files that leadq.yaml reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import requests

from agreement.problems import ConfigError, Problem
from crm.deliver_settings import ToSalesforce
from crm.salesforce.history import BulkReader, Extract, read_history
from crm.salesforce.history_bulk import SalesforceReader
from crm.salesforce.history_queries import HistorySettings, ObjectQuery
from crm.salesforce.opening import open_connection
from pipelines.progress import Progress
from pipelines.project import Project
from pipelines.told import Told


def read_salesforce(
    project: Project,
    progress: Progress,
    *,
    name: str,
    folder: Path,
    settings: HistorySettings,
    whole: bool = False,
    environment: Mapping[str, str],
    http: requests.Session | None = None,
) -> Told:
    """Read the history of the organisation ``name``, or what changed of it, into ``folder``.

    Parameters
    ----------
    project : Project
    progress : Progress
    name : str
        Of a Salesforce target under ``deliver`` in leadq.yaml, which says how to sign in.
    folder : Path
    settings : HistorySettings
        Whose writes are ours is found out here.
    whole : bool
        Everything, whatever is there.
    environment : mapping of str to str
        Holds the secrets that leadq.yaml names.
    http : requests.Session, optional

    Raises
    ------
    ConfigError
        No such organisation is named, or it does not let us in.
    LeadqError
        It cannot be read; ``folder`` is as it was.
    """
    to = project.config.deliver.get(name)
    if not isinstance(to, ToSalesforce):
        known = ", ".join(sorted(key for key, one in project.config.deliver.items() if isinstance(one, ToSalesforce)))
        remedy = f"Named are: {known}." if known else "Add one: docs/howto/salesforce.md."
        rule = "must name a target of kind salesforce under deliver in leadq.yaml"
        raise ConfigError(Problem(where="--from", rule=rule, value=name, remedy=remedy))
    connection = open_connection(
        domain=to.domain,
        consumer_key=to.consumer_key,
        consumer_secret=to.consumer_secret,
        version=to.version,
        environment=environment,
        http=http,
    )
    reader = SalesforceReader(connection)
    ours = replace(settings, our_user=reader.our_user())
    extract = read_history(_Telling(reader, progress), folder, ours, whole=whole)
    return Told(facts=_facts(folder, extract), words=_words(folder, extract))


class _Telling:
    """A reader that says which object it is at."""

    def __init__(self, reader: BulkReader, progress: Progress) -> None:
        self._reader = reader
        self._progress = progress

    def read(self, query: ObjectQuery, since: datetime | None, receive: Callable[[Iterator[str]], int]) -> int:
        """Say it and read."""
        self._progress(f"Reading: {query.name}")
        return self._reader.read(query, since, receive)


def _facts(folder: Path, extract: Extract) -> dict[str, object]:
    return {
        "folder": str(folder),
        "read": dict(extract.read),
        "rows": dict(extract.rows),
        "notes": list(extract.notes),
    }


def _words(folder: Path, extract: Extract) -> str:
    read = ", ".join(f"{rows:,} of {name}" for name, rows in extract.read.items() if rows) or "nothing new"
    lines = [f"Read from Salesforce: {read}.", *extract.notes]
    lines += [f"  {folder / table}.parquet: {rows:,} rows" for table, rows in extract.rows.items()]
    return "\n".join([*lines, "leadq.yaml names these files as its sources: docs/howto/salesforce.md."])
