"""The path of rejected leads through their nights: rejected, woken, called back by an event, rejected again, at every place told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.crm.answers.answer_log import ANSWERS, Answer, AnswerBook
from leadq.pipelines.console.progress import silent
from leadq.pipelines.delivery.deliver import Asked, deliver_scores
from leadq.pipelines.desk import make_desk
from leadq.pipelines.explaining.explain import explain
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.training.ingest import ingest
from leadq.serving.delivery.planning.delivery_request import Wish
from leadq.serving.desk.lead_list import NOBODY, find
from leadq.serving.desk.list_query import Query
from tests.postgres_server import Postgres
from tests.shared_company import CompanyCopy, read_once

pytestmark = pytest.mark.integration

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REASONS = """
rejection_reasons:
  - {reason: no_budget, then: nurture, wake_after_days: 3}
  - {reason: unreachable, then: nurture, wake_after_days: 90, returns_on: [asked_again], needs: attempts}
  - {reason: outside_icp, then: close}
"""
PLACES = """
databases: {warehouse: {url: '${WAREHOUSE_URL}'}}
score_table: {database: warehouse, table: path.scores}
deliver:
  folder: {kind: files, folder: delivered, rejections: true}
  table: {kind: postgres, database: warehouse, table: path.leads, rejections: true}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a night said of leads, by lead: its score table, the folder and the table that were told."""

    project: Project
    rows: dict[str, dict[str, Any]]
    folder: dict[str, dict[str, Any]]
    table: dict[str, str]


@pytest.fixture(scope="module")
def nights(
    company_copy: CompanyCopy, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> Iterator[tuple[list[Seen], str, str, str]]:
    """Five nights; the leads: one that wakes, one that is called back and rejected again, one that stays rejected."""
    company = company_copy(tmp_path_factory.mktemp("path") / "company")
    postgres.run("DROP SCHEMA IF EXISTS path CASCADE")
    agreement, config = company.folder / "agreement.yaml", company.folder / "leadq.yaml"
    agreement.write_text(agreement.read_text().partition("\nrejection_reasons:")[0] + REASONS)
    config.write_text(config.read_text() + PLACES)
    environment = {"WAREHOUSE_URL": postgres.url()}
    begun = company.read_at - 8 * DAY
    wakes, called, stays = _open_leads(company, begun)[:3]
    _ask_again(company, called, begun + 4 * DAY)
    book = AnswerBook(company.store.folder / ANSWERS)
    for lead_id, days, reason in ((wakes, 0.5, "no_budget"), (called, 0.5, "unreachable"), (stays, 0.5, "outside_icp"),
                                  (called, 5.5, "no_budget")):  # fmt: skip
        book.record(
            Answer(lead_id=lead_id, decided_at=begun + days * DAY, rep="Ann", decision="rejected", reason=reason)
        )
    seen = []
    with read_once():
        for night in (0, 1, 4, 5, 7):
            project = open_project(company.folder, environment=environment, now=company.read_at + night * HOUR)
            seen.append(_night(project, begun + night * DAY, environment, postgres))
    yield seen, wakes, called, stays
    postgres.run("DROP SCHEMA IF EXISTS path CASCADE")


def _open_leads(company: Project, moment: datetime) -> list[str]:
    """Return leads that stay open, came in a while before and were never answered."""
    history = ingest(company, silent)
    answered = set(history.rows("dispositions")["lead_id"].to_pylist())
    closed = set(history.rows("outcomes")["lead_id"].to_pylist())
    found = [
        row["lead_id"]
        for row in history.rows("leads").to_pylist()
        if row["created_at"] is not None and moment - 15 * DAY < row["created_at"] < moment - DAY
        and row["lead_id"] not in answered | closed
    ]  # fmt: skip
    return sorted(found)


def _ask_again(company: Project, lead_id: str, moment: datetime) -> None:
    path = company.folder / "source" / "events.parquet"
    events = pq.read_table(path)
    row = dict.fromkeys(events.column_names)
    row |= {"lead_id": lead_id, "kind": "asked_again", "occurred_at": moment - HOUR, "known_at": moment - HOUR}
    added = events.slice(0, 0).from_pylist([row], schema=events.schema)
    pq.write_table(type(events).from_batches([*events.to_batches(), *added.to_batches()], events.schema), path)


def _night(project: Project, as_of: datetime, environment: dict[str, str], postgres: Postgres) -> Seen:
    night = score(project, silent, as_of=as_of)
    deliver_scores(project, silent, asked=Asked(wish=Wish(force=True)), environment=environment)
    parts = sorted((project.folder / "delivered").glob("*/scores.parquet"))
    folder = {row["lead_id"]: row for part in parts for row in pq.read_table(part).to_pylist()}
    told_table = postgres.run("SELECT lead_id, concat_ws('|', lq_status, lq_track, lq_next_owner) FROM path.leads")
    rows = {row["lead_id"]: row for row in pq.read_table(night.facts["scores"]).to_pylist()}
    return Seen(project=project, rows=rows, folder=folder, table=dict(told_table))


def test_a_rejected_lead_has_no_score_until_it_comes_back(nights: tuple[list[Seen], str, str, str]) -> None:
    seen, wakes, called, stays = nights
    told = {
        lead_id: [(night.rows[lead_id]["status"], night.rows[lead_id]["status_reason"]) for night in seen]
        for lead_id in (wakes, called, stays)
    }
    scored = ("scored", None)
    assert told[wakes] == [scored, ("rejected", "no_budget"), scored, scored, scored]
    assert told[called] == [scored, ("rejected", "unreachable"), scored, scored, ("rejected", "no_budget")]
    assert told[stays] == [scored, *[("rejected", "outside_icp")] * 4]
    rejected = seen[1].rows[wakes]
    assert (rejected["probability"], rejected["tier"], rejected["reasons_for"]) == (None, None, None)
    assert (rejected["track"], rejected["next_owner"]) == ("nurture", seen[0].project.agreement.tiers[-1].owner)
    assert rejected["wakes_at"] == rejected["rejected_at"] + 3 * DAY
    back = seen[2].rows[wakes]
    assert back["returned_at"] == rejected["wakes_at"]
    assert back["age_days"] == pytest.approx(0.5)
    assert (back["track"], back["wakes_at"]) == (None, None)
    assert seen[2].rows[called]["returned_at"] == seen[2].rows[called]["as_of"] - HOUR
    assert seen[4].rows[called]["rejected_at"] > seen[2].rows[called]["returned_at"]


def test_the_folder_and_the_database_are_told(nights: tuple[list[Seen], str, str, str]) -> None:
    seen, wakes, called, _ = nights
    owner = seen[0].project.agreement.tiers[-1].owner
    assert [night.folder[wakes]["lq_status"] for night in seen[:3]] == ["scored", "rejected: no_budget", "scored"]
    assert seen[1].folder[wakes]["lq_tier"] is None
    assert seen[1].folder[wakes]["lq_wakes_at"] == f"{seen[1].rows[wakes]['wakes_at']:%Y-%m-%dT%H:%M:%SZ}"
    assert seen[2].folder[wakes]["lq_returned_at"] is not None
    assert seen[1].table[called] == f"rejected: unreachable|nurture|{owner}"
    assert seen[2].table[called] == "scored"
    assert seen[4].table[called] == f"rejected: no_budget|nurture|{owner}"


def test_the_desk_and_explain_say_what_happened(nights: tuple[list[Seen], str, str, str]) -> None:
    seen, wakes, called, stays = nights
    project = seen[-1].project
    desk = make_desk(project, environment={}, local_name="Ann", clock=lambda: project.read_at)
    tonight = desk.nights.tonight()
    assert tonight is not None
    listed = {
        kind: {tonight.rows.lead_id[int(row)].as_py() for row in find(
            tonight.rows, query, answered=NOBODY, now_us=desk.now_us()).rows}
        for kind, query in {"back": Query(list="returned"), "wakes": Query(list="wakes"), "all": Query()}.items()
    }  # fmt: skip
    assert wakes in listed["back"]
    assert called in listed["wakes"]
    assert not {called, stays} & listed["all"]
    words = explain(project, silent, lead_id=called)
    assert json.loads(json.dumps(words.facts, default=str))["status"] == "rejected"
    assert "Rejected: no budget" in words.words
