"""``leadq agreement blind-round``: draw leads and write two sheets, or compare the two that came back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from leadq.crm.contract.history import History
from leadq.features.agreement_evidence.known_then import events_before
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.foundation.plurals import counted
from leadq.foundation.problems import InputError, Problem
from leadq.foundation.yaml_tree import shortened
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.draft.blind_round.compared_marks import compare_marks, comparison_facts, comparison_in_words
from leadq.pipelines.draft.blind_round.drawn_leads import (
    BECAUSE,
    NOT_RECORDED,
    QUALIFIED,
    BlindRound,
    draw_round,
)
from leadq.pipelines.draft.blind_round.known_outcomes import became
from leadq.pipelines.draft.blind_round.returned_sheets import SheetRow, read_marks, round_names, sheet_rows
from leadq.pipelines.draft.blind_round.sheets import read_round, write_round
from leadq.pipelines.draft.past_deals import PastDeals, past_deals
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.store_lock import only_writer
from leadq.pipelines.training.ingest import ingest

_DRAWN_HERE = "Hand in sheets that leadq agreement blind-round wrote in this project; its folder blind-rounds holds what is needed."


def draw_blind_round(project: Project, progress: Progress, *, leads: int, seed: int | None) -> Told:
    """Draw leads whose outcome is known and write a sheet for each side.

    Parameters
    ----------
    project : Project
    progress : Progress
    leads : int
    seed : int or None
        None: the day of this run, so that each review has other leads.

    Raises
    ------
    UsageError
        So many leads are not there, or a sheet of this round was filled in.
    InputError
        The sources cannot be read at all.
    """
    chosen = int(f"{project.now:%Y%m%d}") if seed is None else seed
    with only_writer(project.work / "draft.lock", doing="agreement blind-round", now=project.now):
        history = ingest(project, progress, folder=project.work / "draft" / "history")
        progress("Picking leads at random")
        deals = past_deals(project, history, project.agreement, ())
        days = project.agreement.outcome.horizon_days
        drawn = draw_round(deals, _events(project, history, deals), leads=leads, seed=chosen, horizon_days=days)
        paths = write_round(drawn, project.folder)
    facts = {
        "round": drawn.name,
        "seed": chosen,
        "leads": len(drawn.leads),
        "sheets": [str(path) for path in paths],
        "headings": list(drawn.headings),
        "left_out": list(drawn.left_out),
    }
    return Told(facts=facts, words="\n\n".join(_drawn_words(drawn, paths, deals)))


def compare_blind_round(project: Project, progress: Progress, *, marketing: Path, sales: Path) -> Told:
    """Compare two filled-in sheets of one round, and show what became of the leads.

    Raises
    ------
    InputError
        What is wrong with the sheets, row by row, at once; or they are of no round of this project.
    """
    rows = (sheet_rows(marketing), sheet_rows(sales))
    one = _round_of(project, rows, (marketing, sales))
    said, wrong = zip(
        *(read_marks(of, one, path.name) for of, path in zip(rows, (marketing, sales), strict=True)), strict=True
    )
    if problems := [problem for of_side in wrong for problem in of_side]:
        raise InputError(problems)
    with only_writer(project.work / "draft.lock", doing="agreement blind-round", now=project.now):
        history = ingest(project, progress, folder=project.work / "draft" / "history")
        outcome = became(history, one)
    found = compare_marks(one, said[0], said[1], outcome)
    return Told(facts={"round": one.name, **comparison_facts(found)}, words=comparison_in_words(found))


def _events(project: Project, history: History, deals: PastDeals) -> pd.DataFrame:
    if deals.window is None:
        return pd.DataFrame({"hand_over_id": [], "kind": [], "n": []})
    bounds = project.settings.engine
    with open_engine(threads=bounds.threads, memory_limit=bounds.memory_limit) as backend:
        tables = open_tables(backend, history)
        rows = deals.rows[["lead_id", "handed_over_us"]].reset_index()
        return events_before(tables, backend.create_table("rows_of_the_round", rows, temp=True, overwrite=True))


def _drawn_words(drawn: BlindRound, paths: tuple[Path, ...], deals: PastDeals) -> Iterator[str]:
    window = "" if deals.window is None else f" out of {deals.window.words}"
    yield f"Round {drawn.name}: {counted(len(drawn.leads), 'lead')} picked at random{window}, as they were at the hand-over."
    yield "\n".join(["One sheet for each side; the outcome is in neither:", *(f"  {path}" for path in paths)])
    if drawn.left_out:
        yield "\n".join(["Not shown:", *(f"  - {one}" for one in drawn.left_out)])
        if any(NOT_RECORDED in one for one in drawn.left_out):
            yield "To show a field that does not change once a lead is there, vouch for it in leadq.yaml (vouch: {leads.plan: why})."
    yield (
        f"Each side fills in {QUALIFIED} (yes or no) and {BECAUSE} (the column that decided it) alone and without opening the CRM, then:\n"
        f"leadq agreement blind-round --compare {' '.join(map(str, paths))}"
    )


def _round_of(project: Project, sheets: tuple[tuple[SheetRow, ...], ...], paths: tuple[Path, ...]) -> BlindRound:
    """Return the round that the sheets are of, if both were drawn here; stray rows of another one are told one by one later."""
    found: list[BlindRound] = []
    for rows, path in zip(sheets, paths, strict=True):
        one = next((known for name in round_names(rows) if (known := read_round(name, project.folder))), None)
        if one is None:
            named = shortened(", ".join(round_names(rows))) or "no key"
            rule = "must be of a round drawn in this project"
            raise InputError(Problem(where=str(path), rule=rule, value=named, remedy=_DRAWN_HERE))
        found.append(one)
    first, second = found
    if first.name != second.name:
        rule, value = "must be of the same round as the other sheet", f"{second.name} and not {first.name}"
        raise InputError(
            Problem(where=str(paths[1]), rule=rule, value=value, remedy="Hand in both sheets of one round.")
        )
    return first
