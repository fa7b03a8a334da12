"""Our features beside plain pandas and featuretools: the same task, the same answers, side by side in one run.

    python -m benchmarks.feature_rivals [--leads 100000] [--events 2000000] [--rounds 5] [--write PATH]

The task: of every open lead, as of tonight and per kind of event, how many in the last 7, 30 and 90 days, on how many days, and how
many days ago the last one was; then the same over all kinds. Events are known when they occur: featuretools has one clock.
Each contender runs in a process of its own, in turns. featuretools comes from the Python that ``--featuretools`` names.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.foundation.arrays import Floats

WINDOWS_DAYS = (7, 30, 90)
OURS, PANDAS, FEATURETOOLS = "leadq", "pandas", "featuretools"
RIVALS_ROUNDS = {FEATURETOOLS: 1}
"""featuretools runs for minutes: once."""
AS_OF = pd.Timestamp("2026-10-01")
LEAD, ALL = "lead_id", "engagement"


def columns() -> list[str]:
    """Names of what every contender has to find."""
    from benchmarks.large_company_tables import KINDS  # noqa: PLC0415 - the rival's environment has no leadq

    counted = [f"{what}_{days}d" for what in ("count", "active_days") for days in WINDOWS_DAYS]
    return [
        f"{group}_{name}" for group in (*(f"intent_{kind}" for kind in KINDS), ALL) for name in (*counted, "days_since")
    ]


def make_company(folder: Path, leads: int, events: int) -> None:
    """Write a company whose events are all known when they occur, and its open leads apart."""
    from benchmarks.large_company import Size, write_large_company  # noqa: PLC0415

    write_large_company(folder, Size(leads=leads, events=events))
    path = folder / "events.parquet"
    table = pq.read_table(path)
    late = table.schema.get_field_index("known_at")
    pq.write_table(table.set_column(late, table.schema.field(late), table["occurred_at"]), path)
    closed = pq.read_table(folder / "outcomes.parquet")["lead_id"]
    known = pq.read_table(folder / "leads.parquet", columns=["lead_id"])
    pq.write_table(known.filter(pc.invert(pc.is_in(known["lead_id"], closed))), folder / "open.parquet")


def with_leadq(folder: Path, found: Path) -> None:
    """As the nightly job does it, written batch by batch."""
    from benchmarks.large_company_tables import KINDS  # noqa: PLC0415
    from leadq.agreement.read import parse_agreement  # noqa: PLC0415
    from leadq.agreement.template import template_text  # noqa: PLC0415
    from leadq.crm.contract.history import open_history  # noqa: PLC0415
    from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables, stream  # noqa: PLC0415
    from leadq.features.groups.intent import IntentGroup  # noqa: PLC0415
    from leadq.features.groups.protocol import FeatureContext  # noqa: PLC0415
    from leadq.features.landmarks import tonight_points  # noqa: PLC0415

    history = open_history(folder)
    with open_engine(threads=2, memory_limit="1GB", spill=folder / "spill") as backend:
        points = tonight_points(tables := open_tables(backend, history), microseconds(history.read_at))
        agreed = parse_agreement(template_text(), where="agreement.yaml")
        context = FeatureContext(tables=tables, points=points, agreement=agreed, event_kinds=KINDS)
        seen = points.select("point_id", "lead_id").left_join(IntentGroup().compute(context), "point_id")
        batches = stream(backend, seen.select("lead_id", *columns()), rows=50_000)
        first = next(batches)
        with pq.ParquetWriter(found, first.schema) as writer:
            writer.write_batch(first)
            for batch in batches:
                writer.write_batch(batch)


def with_pandas(folder: Path, found: Path) -> None:
    """As a data scientist writes it, without loops over leads."""
    leads = pd.Index(pd.read_parquet(folder / "open.parquet")[LEAD])
    events = pd.read_parquet(folder / "events.parquet", columns=[LEAD, "kind", "occurred_at"])
    events = events[events[LEAD].isin(leads) & (events["occurred_at"] <= AS_OF.tz_localize("UTC"))]
    events["ago"] = AS_OF.tz_localize("UTC") - events["occurred_at"]
    events["day"] = events["occurred_at"].dt.floor("D")
    parts = {}
    for keys, name in ((["kind"], "intent_{}_"), ([], "engagement_")):
        by = [LEAD, *keys]
        found_here = {"days_since": events.groupby(by)["ago"].min() // pd.Timedelta(1, "D")}
        for days in WINDOWS_DAYS:
            recent = events[events["ago"] <= pd.Timedelta(days, "D")]
            found_here[f"count_{days}d"] = recent.groupby(by).size()
            found_here[f"active_days_{days}d"] = recent.drop_duplicates([*by, "day"]).groupby(by).size()
        for what, values in found_here.items():
            table = values.unstack("kind") if keys else values.to_frame("")
            for kind in table.columns:
                parts[name.format(kind) + what] = table[kind].reindex(leads)
    pd.DataFrame(parts).rename_axis(LEAD).reset_index().to_parquet(found)


def with_featuretools(folder: Path, found: Path) -> None:
    """As its documentation says: an entity set, interesting values, training windows."""
    import featuretools  # type: ignore[import-not-found]  # noqa: PLC0415

    leads = pd.read_parquet(folder / "open.parquet")
    events = pd.read_parquet(folder / "events.parquet", columns=[LEAD, "kind", "occurred_at"])
    events = events[events[LEAD].isin(leads[LEAD])].reset_index(drop=True)
    events["occurred_at"] = events["occurred_at"].dt.tz_localize(None)
    events["day"] = (events["occurred_at"] - pd.Timestamp(0)).dt.days
    events["event_id"] = np.arange(len(events))
    company = featuretools.EntitySet()
    company.add_dataframe(dataframe_name="leads", dataframe=leads, index=LEAD)
    types = {"day": "Categorical", "kind": "Categorical"}
    company.add_dataframe(
        dataframe_name="events", dataframe=events, index="event_id", time_index="occurred_at", logical_types=types
    )
    company.add_relationship("leads", LEAD, "events", LEAD)
    company.add_interesting_values(dataframe_name="events", values={"kind": sorted(events["kind"].unique())})

    def look(primitives: list[str], window: int | None) -> pd.DataFrame:
        matrix, _ = featuretools.dfs(
            entityset=company,
            target_dataframe_name="leads",
            agg_primitives=primitives,
            where_primitives=primitives,
            trans_primitives=[],
            cutoff_time=AS_OF,
            training_window=None if window is None else f"{window} days",
            max_depth=1,
        )
        return matrix

    parts = [_renamed(look(["count", "num_unique"], days), f"_{days}d") for days in WINDOWS_DAYS]
    last = _renamed(look(["time_since_last"], None), "")
    pd.concat([*parts, last // 86_400], axis=1).rename_axis(LEAD).reset_index().to_parquet(found)


def _renamed(matrix: pd.DataFrame, window: str) -> pd.DataFrame:
    names = {}
    for column in matrix.columns:
        kind = column.partition("kind = ")[2].rstrip(")")
        what = "count" if column.startswith("COUNT") else "active_days" if "events.day" in column else "days_since"
        if column.startswith(("COUNT", "TIME_SINCE_LAST")) or "events.day" in column:
            names[column] = (f"intent_{kind}" if kind else ALL) + f"_{what}{window}"
    return matrix[list(names)].rename(columns=names)


CONTENDERS: dict[str, Callable[[Path, Path], None]] = {
    OURS: with_leadq,
    PANDAS: with_pandas,
    FEATURETOOLS: with_featuretools,
}


def peak_gigabytes() -> float:
    """Return this process's peak memory; getrusage would count that of the process which started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1e6


MODULES = {
    OURS: ("benchmarks.large_company", "leadq.features.groups.intent", "leadq.features.landmarks"),
    PANDAS: (),
    FEATURETOOLS: (FEATURETOOLS,),
}
"""Imported before the clock starts."""


def compete(name: str, folder: Path, found: Path) -> dict[str, float]:
    """Run one contender in this process; seconds and peak gigabytes."""
    for module in MODULES[name]:
        importlib.import_module(module)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    CONTENDERS[name](folder, found)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall": time.perf_counter() - started,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak": peak_gigabytes(),
    }


def in_own_process(python: str, name: str, folder: Path) -> dict[str, float]:
    """Run one contender apart, so that its memory is its own.

    Raises
    ------
    RuntimeError
        It failed; the last line of what it said.
    """
    command = [python, __file__ if name == FEATURETOOLS else "-m", "--contender", name, "--folder", str(folder)]
    if name != FEATURETOOLS:
        command.insert(2, "benchmarks.feature_rivals")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    measured: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return measured


def differences(folder: Path, name: str) -> int:
    """How many values of a contender's answer differ from ours, over all leads."""
    ours, theirs = (
        pd.read_parquet(folder / f"{one}.found.parquet").set_index(LEAD).sort_index() for one in (OURS, name)
    )
    if list(ours.index) != list(theirs.index):
        return -1
    return sum(int((_values(ours, column) != _values(theirs, column)).sum()) for column in columns())


def _values(found: pd.DataFrame, column: str) -> Floats:
    """Return one column; a contender leaves out what nobody has, and no event is no count."""
    missing = -1.0 if column.endswith("days_since") else 0.0
    if column not in found:
        return np.full(len(found), missing)
    return found[column].astype("float64").fillna(missing).to_numpy()


def table(leads: int, events: int, rounds: int, featuretools: str) -> str:
    """Markdown section: seconds and memory of each contender, medians, and how ours compares."""
    with tempfile.TemporaryDirectory(prefix="feature_rivals_") as scratch:
        folder = Path(scratch)
        make_company(folder, leads, events)
        taken: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
        notes: dict[str, str] = {}
        for turn in range(rounds):
            for name in CONTENDERS:
                if turn < RIVALS_ROUNDS.get(name, rounds) and name not in notes:
                    try:
                        python = featuretools if name == FEATURETOOLS else sys.executable
                        taken[name].append(in_own_process(python, name, folder))
                    except RuntimeError as failed:
                        notes[name] = f"did not run: {failed}"
        differ = {name: differences(folder, name) for name in taken if taken[name] and name != OURS}
    return _section(leads, events, taken, notes, differ)


def _section(
    leads: int, events: int, taken: dict[str, list[dict[str, float]]], notes: dict[str, str], differ: dict[str, int]
) -> str:
    median = {
        name: {what: statistics.median(run[what] for run in runs) for what in runs[0]}
        for name, runs in taken.items()
        if runs
    }
    lines = []
    for name in CONTENDERS:
        if name in notes:
            lines.append(f"| {name} | {notes[name]} | | | | |\n")
            continue
        one, ours = median[name], median[OURS]
        same = "" if name == OURS else "all" if differ[name] == 0 else f"{differ[name]:,} differ"
        lines.append(
            f"| {name} | {len(taken[name])} | {one['cpu']:.1f} | {one['wall']:.1f} | {one['peak']:.2f} | "
            f"{one['cpu'] / ours['cpu']:.1f} | {same} |\n"
        )
    return HEADING.format(leads=leads, events=events) + "".join(lines)


HEADING = """## Features beside pandas and featuretools

{leads:,} leads, {events:,} events; 7 kinds and all together: counts and active days in 7, 30 and 90 days, days since the last.
Medians of runs in turn, each in its own process, without imports; peak memory of the process with them.

| contender | runs | CPU s | wall s | peak GB | CPU s, times ours | answers equal to ours |
| --- | --- | --- | --- | --- | --- | --- |
"""


def main() -> None:
    """Print the section; with ``--write`` write it to a file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--featuretools", default=sys.executable, help="Python that has featuretools")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--contender", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contender:
        print(json.dumps(compete(chosen.contender, chosen.folder, chosen.folder / f"{chosen.contender}.found.parquet")))
        return
    text = table(chosen.leads, chosen.events, chosen.rounds, chosen.featuretools)
    print(text)
    if chosen.write:
        chosen.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
