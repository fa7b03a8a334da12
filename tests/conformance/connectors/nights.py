"""Scores of made-up nights, with values of which every night's differ from every other's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.serving.delivery.company import row, write_scores

_STEP = 37
"""Points between two nights of a lead: more than the deadband, and not the same again for a hundred nights."""
Value = str | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A night's scores: points a lead, and which leads differ from the night before."""

    number: int
    path: Path
    points: Mapping[str, int]
    changed: frozenset[str]

    def expected(self, key: str) -> dict[str, Value]:
        """Return what a lead shall hold, by the name that the field has without prefix."""
        points = self.points[key]
        return {"Score": float(points), "Tier": _tier(points), "Reason_1": _sentence(points)}


def first_night(folder: Path, keys: Sequence[str], *, number: int = 0) -> Night:
    """Write the scores of a night in which every lead is new."""
    points = {key: place % 101 for place, key in enumerate(sorted(keys))}
    return _written(folder, number, points, frozenset(points))


def next_night(folder: Path, before: Night, changed: Collection[str]) -> Night:
    """Write the scores of the night after, in which some leads differ."""
    moved = {key: (before.points[key] + _STEP) % 101 for key in changed}
    return _written(folder, before.number + 1, {**before.points, **moved}, frozenset(moved))


def same_scores(folder: Path, night: Night, *, number: int, changed: Collection[str] = ()) -> Night:
    """Write the scores of a night once more, as those of a later one."""
    return _written(folder, number, night.points, frozenset(changed))


def _written(folder: Path, number: int, points: Mapping[str, int], changed: frozenset[str]) -> Night:
    rows = [
        row(
            key,
            value / 100,
            tier=_tier(value),
            code=f"c{value}",
            sentence=_sentence(value),
            model_version=f"m{number}",
        )
        for key, value in sorted(points.items())
    ]
    path = write_scores(folder / f"night{number}.parquet", rows)
    return Night(number=number, path=path, points=dict(points), changed=changed)


def _tier(points: int) -> str:
    return "T1" if points >= 80 else "T2" if points >= 40 else "T3"


def _sentence(points: int) -> str:
    return f"""=cmd|'{points}', "Größe" passt; #N/A"""
