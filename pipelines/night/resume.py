"""A scoring run that was begun and is not committed yet: remembered, so that an interrupted one can go on where it stopped.

It goes on only as the very same run: the history it read is still there, the same model, agreement and earlier runs decide, the
same version of leadq scores, and it was begun within half a day. Otherwise the night starts afresh; nothing is ever mixed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from leadq.crm.contract.history import History, open_history
from leadq.foundation.atomic_files import write_text
from leadq.foundation.problems import LeadqError
from leadq.pipelines.store.run_manifest import RunInputs
from leadq.pipelines.store.store import Store

GOES_ON_FOR = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A run that was begun.

    Parameters
    ----------
    inputs : RunInputs
    scored_at : datetime
        The run's persisted time: it stays, however often the run is taken up again.
    history : History
        What it read.
    """

    inputs: RunInputs
    scored_at: datetime
    history: History


def begin(store: Store, inputs: RunInputs, scored_at: datetime, *, with_states: bool = False) -> Path:
    """Remember a run before its first part is scored; parts of any other run are removed.

    Parameters
    ----------
    with_states : bool
        Whether its parts keep the leads' states; those that do not are other parts.

    Returns
    -------
    Path
        Folder of its parts, perhaps with some that an interrupted run left.
    """
    own = _parts(store) / (inputs.run_id + ("-states" if with_states else ""))
    for folder in _parts(store).glob("*"):
        if folder != own:
            shutil.rmtree(folder)
    document = {"inputs": inputs.to_document(), "scored_at": scored_at.isoformat(), "leadq": version("leadq")}
    write_text(_path(store), json.dumps(document, indent=1, sort_keys=True) + "\n")
    return own


def unfinished(store: Store, now: datetime, fits: Callable[[RunInputs], bool]) -> Started | None:
    """Return the run that was begun and can go on.

    Parameters
    ----------
    now : datetime
    fits : callable
        Whether these inputs are still what decides.
    """
    try:
        document = json.loads(_path(store).read_text(encoding="utf-8"))
        inputs = RunInputs.from_document(document["inputs"])
        scored_at = datetime.fromisoformat(document["scored_at"])
        history = open_history(store.work / "history")
    except (OSError, ValueError, KeyError, TypeError, LeadqError):  # whatever it was, it cannot go on
        return None
    same_data = history.sha256 == inputs.history_sha256 and all(history.path(name).is_file() for name in history.counts)
    young = timedelta(0) <= now - scored_at <= GOES_ON_FOR
    if not (same_data and young and document["leadq"] == version("leadq") and fits(inputs)):
        return None
    return Started(inputs=inputs, scored_at=scored_at, history=history)


def finished(store: Store) -> None:
    """Forget the run: it is committed."""
    _path(store).unlink(missing_ok=True)
    shutil.rmtree(_parts(store), ignore_errors=True)


def _path(store: Store) -> Path:
    return store.work / "started.json"


def _parts(store: Store) -> Path:
    return store.work / "parts"
