"""``leadq crm setup salesforce`` and ``leadq crm history`` from a project."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leadq.crm.connectors.salesforce.connector import CONNECTOR as SALESFORCE
from leadq.crm.connectors.salesforce.history.queries import HistorySettings, queries
from leadq.crm.connectors.salesforce.metadata.fields import OUR_FIELDS
from leadq.crm.connectors.salesforce.setup_options import SalesforceSetup
from leadq.foundation.problems import ConfigError, StoreError, UsageError
from leadq.pipelines.cli.main import app
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.crm.read_history import read_crm
from leadq.pipelines.crm.setup import set_up
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.store.store_lock import only_writer
from leadq.serving.delivery.planning.payload import our_fields as delivered_fields
from tests.fake_salesforce.fields import Field
from tests.fake_salesforce.server import running
from tests.fake_salesforce.session import session_to
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET


@pytest.fixture
def project(tmp_path: Path) -> Project:
    init(tmp_path / "project")
    return open_project(tmp_path / "project", environment={}, now=datetime(2026, 10, 1, tzinfo=UTC))


def _salesforce(project: Project, **options: Any) -> Told:
    return set_up(project, SALESFORCE, SalesforceSetup(**options), kind="salesforce", environment={})


def test_it_writes_the_folder_and_says_the_next_step(project: Project, tmp_path: Path) -> None:
    told = _salesforce(project, folder=tmp_path / "sf", disqualified_status=("Rejected",))
    assert (tmp_path / "sf" / "sfdx-project.json").is_file()
    assert all((tmp_path / "sf" / name).is_file() for name in told.facts["files"])
    assert "Leads in the status Rejected need a rejection reason." in told.words
    assert "sf project deploy start --dry-run" in told.words


def test_a_folder_of_somebody_else_is_left_alone(project: Project) -> None:
    with pytest.raises(UsageError, match="must be new"):
        _salesforce(project, folder=project.folder)
    assert (project.folder / "leadq.yaml").is_file()


def test_the_command_line_offers_it(project: Project, tmp_path: Path) -> None:
    arguments = ["crm", "setup", "salesforce", "--folder", str(tmp_path / "sf"), "--project", str(project.folder)]
    ran = CliRunner().invoke(app, [*arguments, "--json"])
    assert ran.exit_code == 0, ran.output
    assert '"agreement_version": 1' in ran.output
    shown = CliRunner().invoke(app, ["crm", "setup", "--help"])
    assert re.findall(r"^  (\w+)  ", shown.output, re.MULTILINE) == ["hubspot", "salesforce"]
    assert "Each kind has its own options." in shown.output


@pytest.mark.parametrize(
    ("system", "given", "named"),
    [
        ("salesforce", ["--folder", "sf", "--dry-run"], "--dry-run"),
        ("salesforce", ["--folder", "sf", "--from", "crm"], "--from"),
        ("hubspot", ["--folder", "sf", "--detail"], "--folder"),
        ("hubspot", ["--disqualified-status", "x", "--track-history"], "--disqualified-status"),
    ],
)
def test_options_of_the_other_crm_are_wrong_usage(
    project: Project, system: str, given: list[str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    ran = CliRunner().invoke(app, ["crm", "setup", system, *given])
    assert ran.exit_code == 2
    assert f"No such option: {named}" in ran.output
    assert not (project.folder / "sf").exists()


def test_a_place_without_a_set_up_and_one_that_is_not_installed_are_told_apart(project: Project) -> None:
    ran = CliRunner().invoke(app, ["crm", "setup", "tryton", "--project", str(project.folder)])
    assert isinstance(ran.exception, UsageError)
    assert "docs/howto/tryton.md" in str(ran.exception)
    assert "must be one that is installed" in str(CliRunner().invoke(app, ["crm", "setup", "acme"]).exception)


def test_project_and_json_may_stand_before_the_kind(project: Project, tmp_path: Path) -> None:
    before = ["crm", "setup", "--project", str(project.folder), "--json"]
    ran = CliRunner().invoke(app, [*before, "salesforce", "--folder", str(tmp_path / "sf")])
    assert json.loads(ran.output)["agreement_version"] == 1


def test_delivery_and_the_folder_mean_the_same_fields() -> None:
    written = {(field.name, field.kind, field.length) for field in delivered_fields(SALESFORCE.field_name, ())}
    assert written == {(field.name, field.kind, field.length) for field in OUR_FIELDS}


SECRETS = {"SF_KEY": CONSUMER_KEY, "SF_SECRET": CONSUMER_SECRET}
DELIVER = """
deliver:
  crm: {kind: salesforce, domain: acme.my, consumer_key: "${SF_KEY}", consumer_secret: "${SF_SECRET}"}
"""


def test_history_comes_out_of_the_organisation_that_leadq_yaml_names(project: Project, tmp_path: Path) -> None:
    config = project.folder / "leadq.yaml"
    config.write_text(config.read_text(encoding="utf-8") + DELIVER, encoding="utf-8")
    named = open_project(project.folder, environment={}, now=project.now)
    settings = HistorySettings()
    with running() as fake:
        fake.queries.polls = 0
        for query in queries(settings):
            fake.organisation.put(query.name, [], [Field(name=name) for name in query.fields])
        fake.organisation.add_leads(3)
        said: list[str] = []
        told = read_crm(
            named,
            said.append,
            name="crm",
            folder=tmp_path / "extract",
            environment=SECRETS,
            http=session_to(fake.address),
        )
    assert told.facts["rows"]["leads"] == 3
    assert "3 of Lead" in told.words
    assert "no rows" in told.words
    assert said[0] == "Reading: Lead"
    assert CONSUMER_SECRET not in told.words + str(told.facts)
    lock = tmp_path / ".extract.lock"
    with only_writer(lock, doing="reading", now=project.now), pytest.raises(StoreError, match="one run at a time"):
        read_crm(named, said.append, name="crm", folder=tmp_path / "extract", environment=SECRETS)
    for folder in (project.folder, Path()):
        before = sorted(project.folder.iterdir())
        with pytest.raises(UsageError):
            read_crm(named, said.append, name="crm", folder=folder, environment=SECRETS)
        assert sorted(project.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ("{lead_feilds: [Use_Case__c]}", r"unknown key, got .*lead_feilds\. Did you mean lead_fields"),
        ("{lead_fields: [Use_Case__c, FirstName]}", r"lead_fields: must leave out 'FirstName', which is named like"),
        ("{account_fields: [LQ_Score__c]}", r"account_fields: must leave out 'LQ_Score__c', which is written by leadq"),
        ("{matched_account: ConvertedAccountId}", r"matched_account: must leave out .* would give it away"),
        ("{lead_fields: [A__c, A__c]}", "is already read"),
    ],
)
def test_what_may_not_be_read_is_refused_by_its_line(project: Project, history: str, said: str) -> None:
    config = project.folder / "leadq.yaml"
    text = config.read_text(encoding="utf-8") + DELIVER.replace("crm: {", f"crm: {{history: {history}, ")
    line = text[: text.index("history: {")].count("\n") + 1
    config.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"leadq\.yaml line {line}: .*{said}"):
        open_project(project.folder, environment={}, now=project.now)


def test_history_of_an_unknown_organisation_is_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--from: must name a CRM.*got crm"):
        read_crm(project, [].append, name="crm", folder=tmp_path / "x", environment={})


def test_what_the_how_to_shows_can_be_used(project: Project) -> None:
    text = (Path(__file__).parents[3] / "docs" / "howto" / "salesforce.md").read_text(encoding="utf-8")
    short, whole = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    config = project.folder / "leadq.yaml"
    config.write_text(f"store: store\nagreement: agreement.yaml\n{whole}", encoding="utf-8")
    named = open_project(project.folder, environment={}, now=project.now)
    assert named.config.deliver["crm"].history.lead_fields == ("Use_Case__c",)  # type: ignore[union-attr]
    assert short.splitlines()[0] == whole.splitlines()[0] == "deliver:"
    for command in re.findall(r"^leadq (.+)$", text, re.MULTILINE):
        words = command.split()
        names = words[: 3 if words[:2] == ["crm", "setup"] else 1 + (words[0] == "crm")]
        shown = CliRunner().invoke(app, [*names, "--help"], env={"COLUMNS": "200"}).output
        assert [word for word in words if word.startswith("--") and word not in shown] == [], command
