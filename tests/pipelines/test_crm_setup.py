"""``leadq crm setup salesforce`` and ``leadq crm history`` from a project."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agreement.problems import ConfigError, UsageError
from crm.salesforce.history_queries import HistorySettings, queries
from crm.salesforce.metadata_fields import OUR_FIELDS
from pipelines.cli import app
from pipelines.crm_history import read_salesforce
from pipelines.crm_setup import setup_salesforce
from pipelines.init import init
from pipelines.project import Project, open_project
from serving.delivery.payload import our_fields as delivered_fields
from tests.fake_salesforce.fields import Field
from tests.fake_salesforce.server import running
from tests.fake_salesforce.session import session_to
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET


@pytest.fixture
def project(tmp_path: Path) -> Project:
    init(tmp_path / "project")
    return open_project(tmp_path / "project", environment={}, now=datetime(2026, 10, 1, tzinfo=UTC))


def test_it_writes_the_folder_and_says_the_next_step(project: Project, tmp_path: Path) -> None:
    told = setup_salesforce(project, folder=tmp_path / "sf", statuses=["Rejected"])
    assert (tmp_path / "sf" / "sfdx-project.json").is_file()
    assert all((tmp_path / "sf" / name).is_file() for name in told.facts["files"])
    assert "in the status Rejected." in told.words
    assert "sf project deploy start --dry-run" in told.words


def test_a_folder_of_somebody_else_is_left_alone(project: Project) -> None:
    with pytest.raises(UsageError, match="must be new"):
        setup_salesforce(project, folder=project.folder)
    assert (project.folder / "leadq.yaml").is_file()


def test_the_command_line_offers_it(project: Project, tmp_path: Path) -> None:
    arguments = ["crm", "setup", "salesforce", "--folder", str(tmp_path / "sf"), "--project", str(project.folder)]
    ran = CliRunner().invoke(app, [*arguments, "--json"])
    assert ran.exit_code == 0, ran.output
    assert '"agreement_version": 1' in ran.output
    shown = CliRunner().invoke(app, ["crm", "setup", "--help"])
    assert "Example: leadq crm setup salesforce" in shown.output


def test_delivery_and_the_folder_mean_the_same_fields() -> None:
    written = {(field.name, field.kind, field.length) for field in delivered_fields("salesforce", ())}
    assert written == {(field.name, field.kind, field.length) for field in OUR_FIELDS}


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
        told = read_salesforce(
            named,
            said.append,
            name="crm",
            folder=tmp_path / "extract",
            settings=settings,
            environment={"SF_KEY": CONSUMER_KEY, "SF_SECRET": CONSUMER_SECRET},
            http=session_to(fake.address),
        )
    assert told.facts["rows"]["leads"] == 3
    assert "3 of Lead" in told.words
    assert said[0] == "Reading: Lead"
    assert CONSUMER_SECRET not in told.words + str(told.facts)


def test_history_of_an_unknown_organisation_is_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--from: must name a target of kind salesforce.*got crm"):
        read_salesforce(
            project, [].append, name="crm", folder=tmp_path / "x", settings=HistorySettings(), environment={}
        )
