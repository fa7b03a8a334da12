"""``leadq crm setup hubspot`` and ``leadq crm history`` as their users run them, against the fake."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leadq.crm.connectors.connector import column_name
from leadq.crm.connectors.history_source import MARK
from leadq.crm.connectors.hubspot.properties import AFTER_REJECTION, HUMAN_PROPERTIES, OUR_FIELDS
from leadq.foundation.problems import ConfigError, GateStopped, UsageError
from leadq.pipelines.cli.main import app
from leadq.pipelines.getting_started.init import init
from leadq.serving.delivery.planning.payload import our_fields
from tests.crm.connectors.hubspot.company import NIGHT, Company
from tests.fake_hubspot.definitions import Definition
from tests.fake_hubspot.server import TOKEN, FakeHubspot, running
from tests.fake_salesforce.faults import Fault
from tests.fake_salesforce.messages import json_answer


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_waiting: None) -> Path:
    init(tmp_path)
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    return tmp_path


def _point_at(project: Path, fake: FakeHubspot, more: str = "") -> None:
    config = project / "leadq.yaml"
    text = config.read_text(encoding="utf-8").partition("\ndeliver:")[0]
    told = f"{{kind: hubspot, access_token: '${{HUBSPOT_TOKEN}}', host: '{fake.address}'{more}}}"
    config.write_text(f"{text}\ndeliver: {{crm: {told}}}\n", encoding="utf-8")


def _run(project: Path, *arguments: str) -> dict[str, Any]:
    ran = CliRunner().invoke(app, ["crm", *arguments, "-p", str(project), "--json"])
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    facts: dict[str, Any] = json.loads(ran.stdout)
    return facts


def test_the_fields_of_delivery_and_of_the_setup_are_the_same() -> None:
    told = [(one.name, one.kind, one.length) for one in our_fields(column_name, (), rejections=True)]
    assert told == [(one.name, one.kind, one.length) for one in (*OUR_FIELDS, *AFTER_REJECTION)]
    assert not set(HUMAN_PROPERTIES) & {one.name for one in OUR_FIELDS}


def test_a_second_run_changes_nothing(project: Path) -> None:
    with running() as fake:
        _point_at(project, fake)
        planned = _run(project, "setup", "hubspot", "--dry-run")
        assert len(planned["made"]) == 1 + len(OUR_FIELDS) + len(AFTER_REJECTION) + len(HUMAN_PROPERTIES)
        assert not fake.paths("POST")
        # the first group is made twice: the answer to the first call never came
        fake.faults.add(Fault(at=r"POST .*/groups", kind="drop", when="after"))
        assert _run(project, "setup", "hubspot")["made"] == planned["made"]
        again = _run(project, "setup", "hubspot", "--from", "crm")
        assert (again["made"], again["changed"]) == ([], [])
        tiers = fake.account.definitions["contacts"]["lq_tier"].options
        tiers[0]["value"] = "old"
        assert _run(project, "setup", "hubspot")["changed"] == ["lq_tier"]
        options = {one["value"]: one["hidden"] for one in fake.account.definitions["contacts"]["lq_tier"].options}
        assert options.pop("old")
        assert not any(options.values())
        assert "disqualified" in options
        assert _run(project, "setup", "hubspot")["changed"] == []


def test_options_that_people_added_to_their_own_property_stay(project: Path) -> None:
    with running() as fake:
        _point_at(project, fake)
        _run(project, "setup", "hubspot")
        options = fake.account.definitions["contacts"]["lq_decision"].options
        del options[1]  # rejected
        options.append({"value": "later", "label": "Rejected", "hidden": False, "displayOrder": 9})
        assert _run(project, "setup", "hubspot")["changed"] == ["lq_decision"]
        told = [
            (one["value"], one["label"], one["hidden"])
            for one in fake.account.definitions["contacts"]["lq_decision"].options
        ]
        assert told == [
            ("accepted", "Accepted", False),
            ("later", "Rejected", False),
            ("rejected", "rejected: Rejected", False),
        ]
        assert _run(project, "setup", "hubspot")["changed"] == []


def test_what_hubspot_only_says_is_there_is_not_called_made(project: Path) -> None:
    there = json_answer({"status": "error", "category": "CONFLICT", "message": "exists in archived state"}, status=409)
    with running() as fake:
        _point_at(project, fake)
        fake.faults.add(Fault(at=r"POST .*/properties/contacts$", answer=there))
        with pytest.raises(GateStopped, match="must not already exist"):
            _run(project, "setup", "hubspot")


def test_what_stops_it_makes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as fake:
        _point_at(project, fake)
        fake.account.definitions["contacts"]["lq_score"] = Definition(name="lq_score", type="string")
        with pytest.raises(GateStopped, match="must be of type number"):
            _run(project, "setup", "hubspot")
        monkeypatch.setitem(os.environ, "HUBSPOT_TOKEN", "pat-wrong")
        with pytest.raises(ConfigError, match="must accept the access token") as stopped:
            _run(project, "setup", "hubspot")
        assert "pat-wrong" not in str(stopped.value)
        with pytest.raises(ConfigError, match="must name a HubSpot account"):
            _run(project, "setup", "hubspot", "--from", "nowhere")
        with pytest.raises(UsageError, match="--folder"):
            _run(project, "setup", "salesforce")
        assert not fake.paths("POST")


def test_verify_says_who_we_are_and_what_is_not_ready(project: Path) -> None:
    with running() as fake:
        _point_at(project, fake)
        assert {one["verdict"] for one in _run(project, "verify", "--from", "crm")["findings"]} == {"differs"}
        _run(project, "setup", "hubspot")
        told = _run(project, "verify", "--from", "crm")
        assert {one["verdict"] for one in told["findings"]} == {"confirmed"}
        assert (told["who"]["account"], told["who"]["object"]) == ("4711", "contacts")
        assert not fake.account.writes


def test_the_history_is_read_from_the_command_line(project: Path) -> None:
    with running() as fake:
        _point_at(project, fake, ", history: {lead_fields: [use_case]}")
        Company(fake.account, contacts=60).until(NIGHT)
        facts = _run(project, "history", "--from", "crm", "--folder", str(project / "extract"))
        assert facts["rows"]["leads"] == facts["read"]["contacts"] > 30
        assert facts["rows"]["events"] > 10
        assert {path.name for path in (project / "extract").iterdir()} == {
            MARK,
            *(f"{name}.parquet" for name in facts["rows"]),
        }


@pytest.mark.parametrize(
    "field", ["firstname", "lq_score", "lifecyclestage", "jobtitle", "recent_deal_amount", "Use Case"]
)
def test_a_field_that_must_not_be_read_is_told(project: Path, field: str) -> None:
    with running() as fake:
        _point_at(project, fake, f", history: {{lead_fields: ['{field}']}}")
        with pytest.raises(ConfigError, match="hubspot property"):
            _run(project, "history", "--from", "crm", "--folder", str(project / "extract"))
        assert not fake.calls


@pytest.mark.parametrize("host", ["http://hubspot.example", "https://hubspot.example/path", "ftp://hubspot.example"])
def test_a_token_goes_to_no_plain_address(project: Path, host: str) -> None:
    with running() as fake:
        _point_at(project, fake, f", object: leads, host: '{host}'")
        text = (project / "leadq.yaml").read_text(encoding="utf-8").replace(f"host: '{fake.address}', ", "")
        (project / "leadq.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match="host"):
            _run(project, "setup", "hubspot")
