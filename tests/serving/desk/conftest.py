"""A desk over real score tables of a small model, served by a real server on this machine."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uvicorn
from pydantic import SecretStr

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.crm.answers.answer_log import AnswerBook
from leadq.crm.config.desk_settings import DeskSettings, PersonWithToken
from leadq.crm.contract.score_table import MOVES, SCORES
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.past_leads import PastLead
from leadq.serving.desk.app import make_app
from leadq.serving.desk.desk_state import Desk, Model
from leadq.serving.desk.night_scores import Nights, RunFile
from leadq.serving.desk.sign_in import Doorkeeper
from leadq.serving.scoring.changes.previous_scores import PreviousScores
from leadq.serving.scoring.score_batches import ScoringRun, score_batches
from leadq.serving.words.card import Standing
from leadq.serving.words.playbook import read_playbook
from leadq.serving.words.sentences import read_sentences

NOW = datetime(2026, 10, 2, 9, tzinfo=UTC)
LEADS = 400
OWNERS = ("north", "south")
HOSTILE = "<script>alert(1)</script>'\"&\u202egnp.exe\u200f=SUM(A1) 🙂" + "x" * 10_000
REASONS = "rejection_reasons: [no_budget, outside_icp, duplicate]\n"
TOKENS = {"Ann": "ann-" + "a" * 24, "Ray": "ray-" + "r" * 24, "Sue": "sue-" + "s" * 24}


@dataclass
class Company:
    """Committed runs of a made company, which can grow while a desk reads them."""

    folder: Path
    runs: list[RunFile] = field(default_factory=list)

    def commit(
        self, batch: pa.RecordBatch, run: ScoringRun, *, whole: bool = True, moved: dict[str, str] | None = None
    ) -> RunFile:
        """Score a batch and commit it as a run."""
        earlier = [one for one in self.runs if one.whole][-1:]
        previous = (
            PreviousScores(files=tuple(one.scores for one in earlier), as_of=earlier[0].as_of) if earlier else None
        )
        run = replace(run, run_id=f"run-{len(self.runs) + 1}", previous=previous)
        scores, moves = self.folder / f"{run.run_id}.parquet", self.folder / f"{run.run_id}.moves.parquet"
        pq.write_table(pa.Table.from_batches(list(score_batches([batch], run)), SCORES), scores, row_group_size=150)
        rows = [{"lead_id": lead_id, "sentence": sentence} for lead_id, sentence in sorted((moved or {}).items())]
        pq.write_table(pa.Table.from_pylist(rows, schema=MOVES), moves)
        made = RunFile(
            run_id=run.run_id, model_version=run.bundle.version, agreement_version=run.agreement.version, whole=whole,
            as_of=run.as_of, scores=scores, moves=moves,
        )  # fmt: skip
        self.runs.append(made)
        return made


@pytest.fixture(scope="session")
def agreed(agreement: Agreement) -> Agreement:
    return parse_agreement(agreement.text + REASONS, where="test agreement")


@pytest.fixture
def scoring(bundle: Bundle, agreed: Agreement) -> ScoringRun:
    return ScoringRun(bundle=bundle, agreement=agreed, as_of=NOW - timedelta(hours=7), scored_at=NOW, run_id="")


def owners(n: int) -> pa.Array:
    return pa.array([OWNERS[number % 2] for number in range(n)])


@pytest.fixture
def company(tmp_path: Path, lead_batch: Callable[..., pa.RecordBatch], scoring: ScoringRun) -> Company:
    """Two nights of 400 leads; the first lead of the second night carries hostile text in every field that is shown."""
    made = Company(folder=tmp_path)
    yesterday = replace(scoring, as_of=scoring.as_of - timedelta(days=1))
    made.commit(lead_batch(LEADS, seed=1, owner=owners(LEADS)), yesterday)
    batch = lead_batch(LEADS, seed=2, owner=owners(LEADS))
    texts = {
        name: batch.column(name).to_pylist() for name in ("account_id", "owner", "source", "campaign", "own_lead_plan")
    }
    for values in texts.values():
        values[0] = HOSTILE
    hostile = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    ids = [HOSTILE[:300], *batch.column("lead_id").to_pylist()[1:]]
    reasons = pa.array([None] * (LEADS - 3) + ["no date", "too old", "too old"])
    batch = lead_batch(LEADS, seed=2, lead_id=pa.array(ids), status_reason=reasons, **hostile)
    made.commit(batch, scoring, moved={"L000005": "To T1: asked for a demo yesterday"})
    return made


@pytest.fixture
def make_desk(company: Company, agreed: Agreement, bundle: Bundle, tmp_path: Path) -> Callable[..., Desk]:
    def make(settings: dict[str, object] | None = None) -> Desk:
        known = DeskSettings.model_validate(settings or {})
        tokens = [
            PersonWithToken(person=person, token=SecretStr(TOKENS[person.name]))
            for person in known.people
            if person.token
        ]
        past = PastLead(
            outcome="won", days=41.2, came_in="2026-03", age_days=3.0, source="web", distance=0.3, alike=("company",)
        )
        model = Model(standing=Standing.of(bundle), agreement=agreed, similar=lambda _: (past,) * 3)
        return Desk(
            settings=known,
            agreement=agreed,
            nights=Nights(
                lambda: tuple(company.runs), lambda: len(company.runs), tiers=[tier.id for tier in agreed.tiers]
            ),
            answers=AnswerBook(tmp_path / "answers.sqlite"),
            doorkeeper=Doorkeeper(settings=known, tokens=tokens, local_name="Local Person"),
            sentences=read_sentences(),
            playbook=read_playbook(),
            model_of=lambda _: model,
            full_row=lambda _, row: row,
            clock=lambda: NOW,
        )

    return make


@dataclass
class Browser:
    """A client that keeps cookies and sends forms as a browser does, without one."""

    address: str
    headers: dict[str, str] = field(default_factory=dict)
    cookie: str = ""

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        return self._send("GET", path, None, headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> tuple[int, str, dict[str, str]]:
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._send("POST", path, urlencode(form), sent)

    def csrf(self, path: str = "/") -> str:
        return re.findall(r'name="csrf" value="([^"]+)"', self.get(path)[1])[0]

    def _send(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        given = {"Accept": "text/html", **self.headers, **headers}
        if self.cookie:
            given["Cookie"] = self.cookie
        connection.request(method, path.split("#", maxsplit=1)[0], body, given)
        response = connection.getresponse()
        text, found = response.read().decode(), {name.lower(): value for name, value in response.getheaders()}
        connection.close()
        if "set-cookie" in found:
            self.cookie = found["set-cookie"].split(";")[0]
        return response.status, text, found


def start(desk: Desk) -> tuple[uvicorn.Server, threading.Thread, str]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(make_app(desk, secret="test" * 8), log_config=None, access_log=False, proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    return server, thread, f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def serve() -> Iterator[Callable[[Desk], Browser]]:
    """Return a function that serves a desk until the test ends."""
    started: list[tuple[uvicorn.Server, threading.Thread]] = []

    def run(desk: Desk) -> Browser:
        server, thread, address = start(desk)
        started.append((server, thread))
        return Browser(address=address)

    yield run
    for server, thread in started:
        server.should_exit = True
        thread.join(timeout=10)
