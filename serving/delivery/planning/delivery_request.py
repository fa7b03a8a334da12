"""What is asked of a delivery: the scores, and how they are to be delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from leadq.serving.delivery.planning.guards import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """Scores to be delivered.

    Parameters
    ----------
    path : Path
        Their table.
    sha256 : str
    as_of : datetime
        UTC.
    scores : Scores
    lead_id : str or None
        Only this lead.
    """

    path: Path
    sha256: str
    as_of: datetime
    scores: Scores
    lead_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a delivery is asked for.

    Parameters
    ----------
    force : bool
        Overrule the guards on shares, on many skipped rows, and deliver scores again that a restore has set back.
    dry_run : bool
        Say only what it would do.
    resume : bool
        Go on only with what was begun.
    full_refresh : bool
        Send every score, changed or not.
    clear_unscored : bool
        Send nothing but emptied fields, to leads that were delivered and have no score tonight.
    csv : Path or None
        Where a dry run writes what would be sent.
    """

    force: bool = False
    dry_run: bool = False
    resume: bool = False
    full_refresh: bool = False
    clear_unscored: bool = False
    csv: Path | None = None
