"""``leadq crm verify`` on the fake: all it assumes is so there, and a fake that behaves otherwise is told apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from typer.testing import CliRunner

from leadq.crm.connectors.salesforce.history.queries import HistorySettings, queries
from leadq.crm.connectors.salesforce.metadata.fields import OUR_FIELDS
from leadq.crm.connectors.verification import FieldsOnly
from leadq.foundation.problems import ConfigError, StoreError, UsageError
from leadq.pipelines.cli.main import app
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.crm.verify import verify_crm
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.store.store_lock import only_writer
from tests.fake_salesforce.faults import Fault, refusal, too_many, unavailable
from tests.fake_salesforce.fields import Field
from tests.fake_salesforce.leads import TIERS
from tests.fake_salesforce.messages import Answer, json_answer
from tests.fake_salesforce.records import HUMAN, INTEGRATION_USER
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.fake_salesforce.session import ToTheFake, session_to
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET
from tests.serving.delivery.company import FIELDS, ScriptedTarget

DELIVER = """
deliver:
  crm: {kind: salesforce, domain: acme.my, consumer_key: "${SF_KEY}", consumer_secret: "${SF_SECRET}"}
"""
SECRETS = {"SF_KEY": CONSUMER_KEY, "SF_SECRET": CONSUMER_SECRET}
NOT_IN_THE_FAKE = {"validation rules", "triggers"}
"""Of the Tooling API, which the fake does not have: leadq's user mostly may not look there either."""


@pytest.fixture
def project(tmp_path: Path, no_waiting: None) -> Project:
    init(tmp_path)
    config = tmp_path / "leadq.yaml"
    config.write_text(config.read_text(encoding="utf-8") + DELIVER, encoding="utf-8")
    return open_project(tmp_path, environment={}, now=datetime(2026, 10, 1, tzinfo=UTC))


@pytest.fixture
def fake() -> Iterator[FakeSalesforce]:
    """The fake as a company has it that did all that docs/howto/salesforce.md says."""
    with running() as one:
        one.queries.polls = 0
        for query in queries(HistorySettings())[1:]:
            one.organisation.put(query.name, [], [Field(name=name) for name in query.fields])
        for table, texts, flag in (
            ("AssignmentRule", ("Name", "SobjectType"), "Active"),
            ("FlowDefinitionView", ("Label", "TriggerObjectOrEventLabel"), "IsActive"),
        ):
            fields = [*(Field(name=name) for name in texts), Field(name=flag, kind="boolean")]
            one.organisation.put(table, [], fields)
        leads = one.organisation.leads
        ours = {field.name for field in OUR_FIELDS}
        for name, field in leads.fields.items():
            leads.fields[name] = replace(field, writable=field.writable and name in ours)
        leads.fields["LQ_Tier__c"] = replace(leads.fields["LQ_Tier__c"], choices=(*TIERS, "T4"))
        keys = one.organisation.add_leads(3)
        leads.rows[keys[0]].update(
            LQ_Score__c=71.0, LQ_Tier__c="T1", LQ_Reason_1__c="Größe, é", LQ_Scored_At__c="2026-11-21T02:00:00.000Z"
        )
        leads.delete(keys[2], merged_into=keys[1])
        yield one


def _verified(project: Project, fake: FakeSalesforce, lead_id: str = "", http: requests.Session | None = None) -> Told:
    return verify_crm(
        project,
        [].append,
        name="crm",
        lead_id=lead_id,
        environment=SECRETS,
        http=http or session_to(fake.address),
    )


def _of(told: Told, verdict: str) -> dict[str, str]:
    return {one["what"]: one["found"] for one in told.facts["findings"] if one["verdict"] == verdict}


def _lead(fake: FakeSalesforce) -> str:
    return next(iter(fake.organisation.leads.rows))


def test_all_that_is_assumed_is_so_in_the_fake(project: Project, fake: FakeSalesforce) -> None:
    told = _verified(project, fake, _lead(fake))
    assert _of(told, "differs") == {}
    assert len(_of(told, "confirmed")) >= 50
    assert {what for kind in NOT_IN_THE_FAKE for what in _of(told, "not confirmed") if kind in what} == set(
        _of(told, "not confirmed")
    )
    assert told.exit_code == 0
    assert told.facts["who"]["user"] == INTEGRATION_USER
    assert "left" in told.facts["who"]["DailyApiRequests"]
    assert "One lead was written, with the values it already had." in told.words
    assert told.facts["written"] is True
    assert CONSUMER_SECRET not in told.words + json.dumps(told.facts)


def test_one_lead_gets_its_own_values_by_both_ways_and_nothing_else_is_written(
    project: Project, fake: FakeSalesforce
) -> None:
    before = {key: dict(row) for key, row in fake.organisation.leads.rows.items()}
    _verified(project, fake)
    assert fake.organisation.leads.writes == []
    _verified(project, fake, _lead(fake))
    writes = fake.organisation.leads.writes
    assert {write.record_id for write in writes} == {_lead(fake)}
    assert all(write.before == write.after for write in writes)
    assert len({write.field for write in writes}) * 2 == len(writes)  # by Collections and by a bulk job
    stamps = {"LastModifiedDate", "LastModifiedById", "SystemModstamp"}
    after = fake.organisation.leads.rows
    changed = {name for key, row in before.items() for name in row if row[name] != after[key].get(name)}
    assert changed <= stamps
    assert {job.state for job in fake.ingest.jobs.values()} <= {"JobComplete", "Failed"}


class Otherwise(HTTPAdapter):
    """Leads to the fake and changes what comes back, as another Salesforce might answer."""

    def __init__(self, address: str, change: Callable[[requests.Response], None]) -> None:
        super().__init__()
        self._inner = ToTheFake(address)
        self._change = change

    def send(self, request: requests.PreparedRequest, *args: Any, **settings: Any) -> requests.Response:
        answer = self._inner.send(request, *args, **settings)
        assert answer.content is not None
        self._change(answer)
        return answer


def _charset(answer: requests.Response) -> None:
    if answer.headers.get("Content-Type") == "text/csv":
        answer.headers["Content-Type"] = "text/csv; charset=UTF-8"


def _bare_errors(answer: requests.Response) -> None:
    answer._content = answer.content.replace(b"INVALID_CROSS_REFERENCE_KEY:", b"no such lead ")


def _one_spelling(answer: requests.Response) -> None:
    if answer.request.path_url.endswith("unprocessedrecords"):
        answer.status_code = 404


def _undeletable(answer: requests.Response) -> None:
    if answer.request.method == "DELETE":
        answer.status_code = 200


def _no_usage(answer: requests.Response) -> None:
    answer.headers.pop("Sforce-Limit-Info", None)


def _merged_unseen(answer: requests.Response) -> None:
    answer._content = answer.content.replace(b'"IsDeleted": true', b'"IsDeleted": false')


OTHERWISE = {
    _charset: ("charset", 0),
    _bare_errors: ("sf__Error is", 3),
    _one_spelling: ("unprocessedrecords", 3),
    _undeletable: ("DELETE", 0),
    _no_usage: ("Sforce-Limit-Info", 3),
    _merged_unseen: ("merged", 3),
}


@pytest.mark.parametrize("change", OTHERWISE, ids=lambda change: change.__name__)
def test_a_salesforce_that_behaves_otherwise_is_told(
    project: Project, fake: FakeSalesforce, change: Callable[[requests.Response], None]
) -> None:
    words, exit_code = OTHERWISE[change]
    with session_to(fake.address) as http:
        http.mount("https://", Otherwise(fake.address, change))
        told = _verified(project, fake, http=http)
    differing = _of(told, "differs")
    assert any(words in what for what in differing), differing
    assert len(differing) <= 2
    assert told.exit_code == exit_code
    assert "DIFFERS" in told.words


@pytest.mark.parametrize(
    ("at", "answer", "words"),
    [
        (r"PUT .*/batches", Answer(status=201), "a second upload to a job is refused"),
        (r"PATCH .*/composite/sobjects", json_answer({"hasErrors": True}), "Collections"),
        (r"GET .*/describe", refusal(403, "INSUFFICIENT_ACCESS", "no describe"), "rights on fields"),
    ],
)
def test_a_step_that_goes_otherwise_is_told_and_the_others_are_tried(
    project: Project, fake: FakeSalesforce, at: str, answer: Answer, words: str
) -> None:
    fake.faults.add(Fault(at=at, answer=answer, count=10_000))
    told = _verified(project, fake)
    otherwise = {**_of(told, "differs"), **_of(told, "not confirmed")}
    assert words in otherwise
    assert "a token that has ended is refused with 401 INVALID_SESSION_ID" in _of(told, "confirmed")


@pytest.mark.parametrize("answer", [unavailable(), too_many(retry_after="1")], ids=["503", "429"])
@pytest.mark.parametrize("at", [r"PATCH .*/jobs/ingest/750", r"PUT .*/batches", r"GET .*/failedResults"])
def test_a_busy_moment_is_no_difference_and_leaves_no_job_open(
    project: Project, fake: FakeSalesforce, at: str, answer: Answer
) -> None:
    fake.faults.add(Fault(at=at, answer=answer))
    told = _verified(project, fake)
    assert _of(told, "differs") == {}
    assert told.exit_code == 0
    is_tried_again = at.startswith("GET")
    assert any(name.startswith("a job") for name in _of(told, "not confirmed")) != is_tried_again
    assert "Open" not in {job.state for job in fake.ingest.jobs.values()}


@pytest.mark.parametrize(("written", "words"), [(False, "Nothing was written"), (None, "It is not known whether")])
def test_what_was_not_written_is_not_said_to_be(
    project: Project, fake: FakeSalesforce, written: bool | None, words: str
) -> None:
    fake.organisation.leads.refuse(_lead(fake), "FIELD_CUSTOM_VALIDATION_EXCEPTION", times=9)
    if written is None:  # the closing of the lead's own job, after those of the trials before it
        fake.faults.add(Fault(at=r"PATCH .*/jobs/ingest/750", kind="drop", when="after", skip=4))
    told = _verified(project, fake, _lead(fake))
    assert told.facts["written"] is written
    assert words in told.words
    assert fake.organisation.leads.writes == []


def test_a_lead_is_not_written_while_a_delivery_runs(project: Project, fake: FakeSalesforce) -> None:
    lock = project.store.folder / "deliver-crm.lock"
    with (
        only_writer(lock, doing="delivering to crm", now=project.now),
        pytest.raises(StoreError, match="delivering to crm"),
    ):
        _verified(project, fake, _lead(fake))
    assert fake.organisation.leads.writes == []


def test_rights_that_go_too_far_or_not_far_enough_are_named(project: Project, fake: FakeSalesforce) -> None:
    fields = fake.organisation.leads.fields
    for name in ("Rating", "LQ_Tier_Override__c"):
        fields[name] = replace(fields[name], writable=True)
    fields["LQ_Chance__c"] = replace(fields["LQ_Chance__c"], writable=False)
    del fake.organisation.tables["Task"].fields["WhoId"]
    fake.organisation.put("AssignmentRule", [{"Name": "By country", "SobjectType": "Lead", "Active": True}])
    told = _verified(project, fake)
    differing = _of(told, "differs")
    assert differing["no other field of a lead can be written by leadq's user"] == "LQ_Tier_Override__c, Rating"
    assert differing["no field that belongs to people can be written by leadq's user"] == "LQ_Tier_Override__c"
    assert any("LQ_Chance__c: must be writable" in found for found in differing.values())
    assert "WhoId" in differing["the history's fields of Task can be read"]
    active = _of(told, "not confirmed")["no active assignment rules of leads can get in the way of a score"]
    assert active.startswith("By country")
    assert told.exit_code == 3


def test_assignment_rules_that_run_all_the_same_are_seen_on_the_lead(project: Project, fake: FakeSalesforce) -> None:
    lead = _lead(fake)

    def moved(answer: requests.Response) -> None:
        if answer.request.method == "PATCH" and lead.encode() in (answer.request.body or b""):
            fake.organisation.leads.rows[lead]["OwnerId"] = INTEGRATION_USER

    with session_to(fake.address) as http:
        http.mount("https://", Otherwise(fake.address, moved))
        told = _verified(project, fake, lead, http=http)
    assert fake.organisation.leads.rows[lead]["OwnerId"] != HUMAN
    assert "Collections: owner, status and people's fields stay" in _of(told, "differs")


@pytest.mark.parametrize("lead_id", ["nobody", "00QFk9999999999AAA", "x' OR Id != '", "converted"])
def test_a_lead_that_cannot_be_written_is_refused(project: Project, fake: FakeSalesforce, lead_id: str) -> None:
    if lead_id == "converted":
        lead_id = _lead(fake)
        fake.organisation.leads.convert(lead_id)
    with pytest.raises(UsageError, match="--lead: must be the id of a lead"):
        _verified(project, fake, lead_id)
    assert fake.organisation.leads.writes == []


def test_who_is_not_let_in_is_told_so(project: Project, fake: FakeSalesforce) -> None:
    with pytest.raises(ConfigError, match="must be granted"):
        verify_crm(
            project, [].append, name="crm", environment={**SECRETS, "SF_SECRET": "wr0ng"}, http=session_to(fake.address)
        )
    with pytest.raises(ConfigError, match=r"--from: must name a CRM.*Use one of crm"):
        verify_crm(project, [].append, name="crn", environment=SECRETS)


def test_a_target_without_trials_of_its_own_checks_its_fields() -> None:
    verified = FieldsOnly(target=ScriptedTarget()).verify(FIELDS, lead_id="L1")
    assert [one.verdict for one in verified.findings] == ["confirmed", "not confirmed"]


def test_the_command_line_offers_it() -> None:
    shown = CliRunner().invoke(app, ["crm", "verify", "--help"])
    assert "Example: leadq crm verify --from crm" in shown.output
