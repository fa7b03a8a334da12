"""The desk on a project that was trained and scored: cards, answers that come back as dispositions, and what is said."""

from __future__ import annotations

import os
import re
import socket
import threading
import urllib.parse
import urllib.request
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.history import open_history
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.storage.parquet_rows import rows_of_lead
from leadq.foundation.problems import ConfigError, InputError
from leadq.pipelines.console.progress import silent
from leadq.pipelines.desk import make_desk, serve
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.training.ingest import ingest
from leadq.serving.desk.app import make_app
from leadq.serving.desk.desk_state import Desk
from leadq.serving.words.text import MAX_VALUE
from leadq.serving.words.wording_rules import FORBIDDEN
from tests.shared_company import live_company, read_once

pytestmark = pytest.mark.integration

PARAMS = """\
fit: {grid_num_leaves: [7], learning_rate: 0.1, max_rounds: 60, early_stopping_rounds: 15, n_folds: 3, bootstrap_repeats: 100}
features: {ages_days: [0, 7, 30]}
engine: {threads: 1}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A project with two nights, its desk, and the rows of the second night that a model scored."""

    project: Project
    desk: Desk
    rows: list[dict[str, Any]]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    folder = tmp_path_factory.mktemp("company")
    project = live_company(folder, PARAMS, CompanySettings(n_leads=4000, base_rate=0.2, noise_fields=2))
    with read_once():
        score(project, silent, as_of=project.read_at - timedelta(days=1))
        night = score(project, silent)
    rows = [row for row in pq.read_table(night.facts["scores"]).to_pylist() if row["tier"] is not None]
    desk = make_desk(project, environment={}, local_name="Ann", clock=lambda: project.read_at)
    return Scored(project=project, desk=desk, rows=rows)


def test_what_sales_reads_is_short_varied_and_claims_nothing(done: Scored) -> None:
    sentences = {
        reason["sentence"] for row in done.rows for side in ("reasons_for", "reasons_against") for reason in row[side]
    }
    names = {one["feature"] for row in done.rows for reason in row["reasons_for"] for one in reason["driving_values"]}
    assert len(sentences) > 100
    assert max(map(len, sentences)) <= 100
    for word in FORBIDDEN:
        assert not [said for said in sentences if re.search(rf"\b{re.escape(word)}\b", said, re.IGNORECASE)], word
    assert not [said for said in sentences for name in names if name in said]
    for side in ("reasons_for", "reasons_against"):
        codes = Counter(row[side][0]["code"] for row in done.rows if row[side])
        assert len(codes) >= 8
        assert codes.most_common(1)[0][1] <= 0.6 * len(done.rows)


def test_a_card_has_up_to_five_reasons_and_three_past_leads(done: Scored) -> None:
    tonight = done.desk.nights.tonight()
    assert tonight is not None
    most = 0
    for row in done.rows[:60]:
        run = tonight.run_of(row["lead_id"])
        assert run is not None
        card = done.desk.card(tonight, run, row)
        said = [reason.sentence for reason in card.reasons_for]
        assert said[:3] == [reason["sentence"] for reason in row["reasons_for"]]
        assert len(said) <= 5
        most = max(most, len(said), len(card.reasons_against))
        assert len(card.similar) == 3
        assert len(card.beside.history) == 2
        assert card.change is not None
    assert most > 3


def test_an_answer_is_a_disposition_at_the_next_reading(done: Scored, tmp_path: Path) -> None:
    lead_id = done.rows[0]["lead_id"]
    app = make_app(done.desk, secret="s" * 32)
    address: list[str] = []
    thread = threading.Thread(
        target=serve, args=(app,), kwargs={"host": "127.0.0.1", "port": 0, "ready": address.append}, daemon=True
    )
    thread.start()
    while not address:
        thread.join(0.01)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    card = f"{address[0]}lead?{urllib.parse.urlencode({'id': lead_id})}"
    page = opener.open(card).read().decode()
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    form = {"csrf": csrf, "answer": "reject", "reason": "no_budget"}
    kept = opener.open(card, urllib.parse.urlencode(form).encode()).read().decode()
    assert "Rejected, with your reason." in kept
    history = ingest(done.project, silent, folder=tmp_path / "history")
    rows = pq.read_table(open_history(history.folder).path("dispositions")).to_pylist()
    (row,) = [row for row in rows if row["channel"] == "desk"]
    assert (row["lead_id"], row["decision"], row["reason"], row["rep"]) == (lead_id, "rejected", "no_budget", "Ann")


def test_a_taken_port_and_missing_tokens_are_told_with_their_remedy(done: Scored) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(InputError, match="must be free"):
        serve(make_app(done.desk, secret="s"), host="127.0.0.1", port=other.getsockname()[1], ready=print)
    path = done.project.folder / "leadq.yaml"
    before = path.read_text()
    path.write_text(before + 'desk: {people: [{name: Ann, role: reader, token: "${DESK_ANN}"}]}\n')
    try:
        project = open_project(done.project.folder, environment={}, now=done.project.now)
        with pytest.raises(ConfigError, match="DESK_ANN: must be set"):
            make_desk(project, environment={"DESK_ANN": ""}, local_name="", clock=lambda: project.now)
    finally:
        path.write_text(before)
    assert os.environ.get("DESK_ANN") is None


def test_the_row_of_one_lead_is_found_whatever_its_place(done: Scored, tmp_path: Path) -> None:
    ids = sorted([*(f"L{number:04d}" for number in range(0, 900, 3)), "Ä" * 300, "", "🙂"])
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"lead_id": ids, "at": list(range(len(ids)))}), path, row_group_size=7)
    for place, lead_id in enumerate(ids):
        assert rows_of_lead(path, lead_id, ["at"]).to_pylist() == [{"at": place}]
    for absent in ("L0001", "A", "zzz", "Ä" * MAX_VALUE):
        assert rows_of_lead(path, absent).num_rows == 0
