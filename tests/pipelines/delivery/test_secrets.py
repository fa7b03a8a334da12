"""A whole delivery to the fake Salesforce that fails at every turn: secrets and tokens stand nowhere afterwards.

Hostile lead ids and sentences do no harm on the way to query, CSV and report.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from leadq.crm.connectors.retries import Patience
from leadq.crm.connectors.timed_session import TimedSession
from leadq.foundation.problems import LeadqError
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.delivery.deliver import Asked, deliver_scores
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.project.project import open_project
from leadq.serving.delivery.deliver import Wish
from tests.fake_salesforce.faults import Fault, refusal
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.fake_salesforce.session import ToTheFake
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET
from tests.pipelines.delivery.test_deliver import _commit, champion
from tests.serving.delivery.company import NIGHT, row

HIDDEN = (CONSUMER_KEY, CONSUMER_SECRET, "fake.token")
HOSTILE = '=HYPERLINK("a");<script>x</script>\'; DROP TABLE row; --\r\nBcc: \x1b[31m'


@pytest.fixture
def fake() -> Iterator[FakeSalesforce]:
    with running() as one:
        yield one


def _project(folder: Path, leads: list[dict[str, Any]]) -> dict[str, str]:
    """Make a project that names a secret in the environment and one in a file, and commit a night."""
    init(folder, source=None)
    secret = folder / "secrets" / "consumer"
    secret.parent.mkdir()
    secret.touch(mode=0o600)
    secret.write_text(CONSUMER_SECRET + "\n", encoding="utf-8")
    section = f"{{kind: salesforce, domain: acme.my, consumer_key: '${{CRM_KEY}}', consumer_secret: {secret}}}"
    with (folder / "leadq.yaml").open("a", encoding="utf-8") as handle:
        handle.write(f"\ndeliver: {{crm: {section}}}\n")
    champion(folder)
    _commit(folder, leads)
    return {"CRM_KEY": CONSUMER_KEY}


def _http(fake: FakeSalesforce) -> requests.Session:
    http = TimedSession(connect_seconds=2, read_seconds=0.3)
    http.mount("https://", ToTheFake(fake.address))
    return http


def _deliver(folder: Path, environment: dict[str, str], http: requests.Session, **wish: Any) -> Told:
    project = open_project(folder, environment=environment, now=NIGHT)
    asked = Asked(wish=Wish(**wish))
    return deliver_scores(project, lambda what: None, asked=asked, environment=environment, http=http)


def _everything(folder: Path, told: list[str], caplog: pytest.LogCaptureFixture) -> bytes:
    store = b"".join(path.read_bytes() for path in sorted((folder / "store").rglob("*")) if path.is_file())
    return "\n".join([*told, caplog.text]).encode() + store


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let waits pass at once: what is looked for here is said, not when."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setitem(Patience.__init__.__kwdefaults__, "sleep", lambda seconds: None)


@pytest.mark.usefixtures("quick")
def test_no_secret_and_no_token_stands_anywhere(
    fake: FakeSalesforce, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = fake.organisation.add_leads(30)
    environment = _project(tmp_path, [row(key, 0.5, tier="T1") for key in keys])
    told: list[str] = []
    for fault in (
        Fault(
            at="POST .*/oauth2/token", count=999, answer=refusal(400, "invalid_client", f"{CONSUMER_SECRET} is wrong")
        ),
        Fault(at=".*", skip=2, count=999, answer=refusal(403, "REQUEST_LIMIT_EXCEEDED")),
        Fault(at="PATCH .*/composite/sobjects", kind="hang", count=2, seconds=0.6),
    ):
        fake.faults.add(fault)
        try:
            told.append(str(_deliver(tmp_path, environment, _http(fake))))
        except LeadqError as error:
            told += [str(error), repr(error), repr(error.__cause__), repr(error.__context__)]
        fake.faults.waiting.clear()
    leads = fake.organisation.leads
    leads.refuse(keys[3], "FIELD_CUSTOM_VALIDATION_EXCEPTION", f"refused: {HOSTILE} LQ_Score__c=50", times=99)
    refreshed = _deliver(tmp_path, environment, _http(fake), full_refresh=True)
    told += [str(refreshed), json.dumps(refreshed.facts), refreshed.words, *capsys.readouterr()]
    assert refreshed.exit_code == 5
    everything = _everything(tmp_path, told, caplog)
    assert b"REQUEST_LIMIT_EXCEEDED" in everything  # the failures were told
    assert b"FIELD_CUSTOM_VALIDATION_EXCEPTION" in everything
    for hidden in HIDDEN:
        assert hidden.encode() not in everything


@pytest.mark.usefixtures("quick")
def test_hostile_names_and_texts_do_no_harm(fake: FakeSalesforce, tmp_path: Path) -> None:
    key = fake.organisation.add_leads(1)[0]
    leads = [row(f"{HOSTILE}{place}", 0.5, tier="T1", sentence=HOSTILE) for place in range(2)]
    environment = _project(tmp_path, [*leads, row(key, 0.5, tier="T1", sentence=HOSTILE)])
    plan = tmp_path / "plan.csv"
    _deliver(tmp_path, environment, _http(fake), dry_run=True, csv=plan)
    told = _deliver(tmp_path, environment, _http(fake))
    facts = told.facts["targets"]["crm"]
    assert facts["rows_by_state"] == {"ok": 1, "skipped": 2}
    assert facts["skipped"][0]["text"] == "no id of Salesforce"
    assert not [path for path in fake.paths("GET") if "HYPERLINK" in path or "DROP" in path]
    with plan.open(newline="", encoding="utf-8") as handle:
        cells = [cell for line in csv.reader(handle) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@")) or "\x1b" in cell or "\n" in cell]
    assert "\x1b" not in told.words
    assert fake.organisation.leads.rows[key]["LQ_Reason_1__c"].startswith('=HYPERLINK("a");<script>')  # as text
