"""A folder as a far side: its parts are what was written, and a note of people lies beside them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from leadq.crm.connectors.files.target import FileTarget
from leadq.crm.connectors.protocol import Chunk, Target, TargetRow
from tests.conformance.connectors.attempt import OpenWith
from tests.conformance.connectors.far_side import FarSide, SideSpec, Wanted
from tests.conformance.connectors.nights import Night, Value
from tests.serving.delivery.company import FIELDS

NOTE = "read-me-first.txt"
WORDS = "mine"
_COLUMNS = ("lead_id", "lq_score", "lq_tier", "lq_reason_1")


def open_target(given: OpenWith) -> Target:
    return FileTarget(name="there", folder=Path(given.address["folder"]), chunk_rows=given.chunk_rows)


@dataclass(slots=True, kw_only=True)
class FilesSide(FarSide):
    """See :class:`tests.conformance.connectors.far_side.FarSide`."""

    folder: Path
    keys: Sequence[str]
    before: frozenset[str] = field(default_factory=frozenset)

    kind = "files"
    opener = f"{__name__}:open_target"

    def address(self) -> Mapping[str, str]:
        return {"folder": str(self.folder)}

    def leadq_yaml(self) -> str:
        return f"deliver: {{there: {{kind: files, folder: {self.folder}}}}}\n"

    def begin(self, night: Night) -> None:
        self.before = frozenset(path.name for path in self._parts())

    def held(self) -> Mapping[str, Mapping[str, Value]]:
        return {key: values[-1] for key, values in self._values(self._parts()).items()}

    def lost(self) -> Sequence[str]:
        note = self.folder / NOTE
        return [] if note.is_file() and note.read_text(encoding="utf-8") == WORDS else [NOTE]

    def written(self) -> Mapping[tuple[str, str], Sequence[object]]:
        new = [path for path in self._parts() if path.name not in self.before]
        return {(key, "all"): values for key, values in self._values(new).items()}

    def spoil(self, key: str, *, score: float) -> None:
        target = FileTarget(name="there", folder=self.folder)
        target.check(FIELDS)
        held = self.held().get(key, {})
        values = {"lq_tier": held.get("Tier"), "lq_reason_1": held.get("Reason_1"), "lq_score": score}
        target.step(
            Chunk(run_id=f"spoilt{len(self._parts())}", number=0, rows=(TargetRow(key=key, values=values),)), None
        )

    def overwrite_people(self, key: str) -> None:
        (self.folder / NOTE).write_text("ours", encoding="utf-8")

    def _parts(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.is_dir() and not path.name.endswith(".partial"))

    def _values(self, parts: Sequence[Path]) -> dict[str, list[Mapping[str, Value]]]:
        found: dict[str, list[Mapping[str, Value]]] = {}
        for part in parts:
            columns = pq.read_table(part / "scores.parquet", columns=list(_COLUMNS)).to_pydict()
            for key, score, tier, reason in zip(*(columns[name] for name in _COLUMNS), strict=True):
                found.setdefault(key, []).append({"Score": score, "Tier": tier, "Reason_1": reason})
        return found


@contextmanager
def files_side(wanted: Wanted) -> Iterator[FilesSide]:
    """Make a folder that somebody left a note in."""
    with tempfile.TemporaryDirectory(prefix="leadq-files-") as scratch:
        (Path(scratch) / NOTE).write_text(WORDS, encoding="utf-8")
        yield FilesSide(folder=Path(scratch), keys=[f"L{number:07d}" for number in range(wanted.leads)])


SIDES = (SideSpec(name="files", open=files_side, refuses=False),)
