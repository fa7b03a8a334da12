"""The explainers' figures as Markdown: what was asked for, the start, a table a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.explainer_contest import Found
from benchmarks.explainer_start import Start
from benchmarks.reference_model import ReferenceModel
from benchmarks.rivals import CONTRIB, OURS, PREDICT

LARGEST_DIFFERENCE = 1e-9
COLD_SECONDS, WARM_SECONDS, COMPILE_CPU_SECONDS = 20.0, 3.0, 3.0


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def ratio(found: Sequence[Found], key: str, other: str) -> float | None:
    """How many times as many rows a second of processor ``key`` explains as ``other``; None where either did not."""
    speed = {one.key: one.rows_per_cpu_second for one in found if not one.refused}
    return speed[key] / speed[other] if key in speed and other in speed else None


def claims(results: Mapping[ReferenceModel, Sequence[Found]], start: Sequence[Start]) -> str:
    """Table of what was asked for, what was found, and whether it holds."""
    rows = []
    for model, found in results.items():
        for asked, other, name in (
            (model.asked, CONTRIB, "`pred_contrib`"),
            (model.asked_of_predict, PREDICT, "LightGBM's `predict`"),
        ):
            times = ratio(found, OURS, other)
            if asked is not None and times is not None:
                claim = f"{model.name}: at least {asked:g} times {name}, float64"
                rows.append((claim, f"{times:.3g} times", _holds(times >= asked)))
    worst = [one.difference for found in results.values() for one in found if one.key == OURS]
    known = [one for one in worst if one is not None]
    if known:
        rows.append(
            ("the same answers within 1e-9, float64", f"{max(known):.1e}", _holds(max(known) <= LARGEST_DIFFERENCE))
        )
    return _table(("claim", "figure", "holds"), [*rows, *_start_claims(start)])


def _start_claims(start: Sequence[Start]) -> Iterator[tuple[str, str, str]]:
    if not start:
        return
    compiled, warm = max(one.warm.compile_cpu for one in start), max(one.warm.clock for one in start)
    yield "tables made in under 3 s of processor", f"at most {compiled:.2f} s", _holds(compiled < COMPILE_CPU_SECONDS)
    yield "warm start in under 3 s", f"at most {warm:.2f} s", _holds(warm < WARM_SECONDS)
    for one in start:
        if one.cold is not None:
            yield "cold start in under 20 s", f"{one.cold.clock:.1f} s", _holds(one.cold.clock < COLD_SECONDS)


def _holds(it_does: bool) -> str:
    return "yes" if it_does else "**no**"


def start_table(start: Sequence[Start]) -> str:
    """Seconds by model."""
    return _table(
        ("model", "compiled code on disk", "seconds", "of processor", "tables of another such model"),
        (
            (one.model, kind, f"{took.clock:.2f}", f"{took.cpu:.2f}", f"{took.compile_cpu:.2f}")
            for one in start
            for kind, took in (("no", one.cold), ("yes", one.warm))
            if took is not None
        ),
    )


def model_table(found: Sequence[Found]) -> str:
    """Rows by explainer."""
    return _table(
        (
            "explainer",
            "rows per processor second",
            "times pred_contrib",
            "rows per second of clock",
            "difference",
            "peak MB",
            "rows a timing",
        ),
        (_row(one, ratio(found, one.key, CONTRIB)) for one in found),
    )


def _row(one: Found, times: float | None) -> tuple[str, ...]:
    if one.refused:
        return (one.name, f"refuses: {one.refused}", "", "", "", "", "")
    difference = "" if one.difference is None else f"{one.difference:.1e}"
    return (
        one.name,
        f"{one.rows_per_cpu_second:,.0f}",
        "" if times is None else f"{times:.3g}",
        f"{one.rows_per_second:,.0f}",
        difference if one.difference is None or one.difference < 1e-3 else f"**{difference}, wrong**",
        f"{one.peak_mb:,.0f}",
        f"{one.rows:,}",
    )
