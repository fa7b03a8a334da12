"""What the newest reading would make of tonight's sources, where the live model still reads by an earlier one.

The night itself goes on as its model learnt (docs/decisions/0023); this only says where that reading was wrong, and how to leave it.
Costs one more reading a night until the next training.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

from leadq.crm.contract.history import History
from leadq.crm.gate.reading_difference import ColumnDifference, differing_columns
from leadq.crm.reading import NEWEST
from leadq.foundation.plurals import counted
from leadq.foundation.problems import LeadqError, Problem
from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.file_names import CONFIG
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.read_sources import read_sources

_TRAIN = "To score with the present reading, run leadq train, look at its report, then leadq promote."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestReading:
    """What came of reading tonight's sources a second time.

    Parameters
    ----------
    reading : int
        By which the night was read.
    differs : tuple of ColumnDifference
        Columns of which the newest reading makes something else.
    refused : tuple of Problem
        Why the newest reading does not take these sources as they are.
    failed : str
        Why the two could not be compared.
    pinned : bool
        Whether ``leadq.yaml`` keeps trainings from taking the newest reading.
    """

    reading: int
    differs: tuple[ColumnDifference, ...] = ()
    refused: tuple[Problem, ...] = ()
    failed: str = ""
    pinned: bool = False

    def in_words(self) -> str:
        """Return a few lines for the command line; empty where there is nothing to say."""
        if self.failed:
            return f"Reading: what the present reading would make of the sources could not be found out. {self.failed}"
        if not (self.differs or self.refused):
            return ""
        whose = f"Reading: this model learnt from reading {self.reading} of the sources and is scored with it."
        if self.refused:
            asks = counted(len(self.refused), "point")
            lines = [
                f"{whose} The present reading (reading {NEWEST}) wants {asks} of leadq.yaml settled before the next training:"
            ]
            return "\n".join([*lines, *(f"  {one}" for one in self.refused), self._remedy])
        columns = counted(len(self.differs), "column")
        lines = [f"{whose} The present reading (reading {NEWEST}) makes something else of {columns}:"]
        return "\n".join([*lines, *(f"  {one.in_words()}" for one in self.differs), self._remedy])

    def to_document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "reading": self.reading,
            "newest": NEWEST,
            "differs": [one.to_document() for one in self.differs],
            "refused": [str(one) for one in self.refused],
            "failed": self.failed,
            "remedy": self._remedy if self.differs or self.refused else "",
        }

    @property
    def _remedy(self) -> str:
        return f"{CONFIG} says reading: {self.reading}, so remove that line first. {_TRAIN}" if self.pinned else _TRAIN


def compare_with_newest(project: Project, history: History, bundle: Bundle, progress: Progress) -> NewestReading:
    """Read the sources by the newest reading, too, and say what differs from what the night was read as.

    Parameters
    ----------
    history : History
        What the night read, at ``project.read_at``; one that was read earlier is not compared, for the sources may have changed.
    bundle : Bundle
        That scores.
    """
    pinned = project.config.reading is not None and project.config.reading < NEWEST
    if bundle.reading >= NEWEST or history.read_at != project.read_at:
        return NewestReading(reading=bundle.reading)
    folder = project.store.work / "newest"
    try:
        progress("Comparing with the present reading")
        newest = read_sources(project, progress, folder=folder / "history", reading=NEWEST)
        return NewestReading(reading=bundle.reading, differs=differing_columns(history, newest), pinned=pinned)
    except LeadqError as error:
        return NewestReading(reading=bundle.reading, refused=tuple(error.problems), pinned=pinned)
    except Exception as error:  # the night is complete: whatever this is, it is told and fails nothing
        return NewestReading(reading=bundle.reading, failed=str(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
