"""The unmodified hubspot-api-client, with its typed answers and its own retries, against the fake: an independent check of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hubspot import HubSpot
from hubspot.crm.objects import BatchInputSimplePublicObjectBatchInput, BatchReadInputSimplePublicObjectId
from hubspot.crm.objects.exceptions import ApiException
from hubspot.crm.properties import OptionInput, PropertyCreate, PropertyGroupCreate
from hubspot.crm.properties.exceptions import ApiException as PropertyException
from urllib3.util import Retry

from tests.fake_hubspot.account import pipeline
from tests.fake_hubspot.limits import too_many
from tests.fake_hubspot.server import TOKEN, FakeHubspot, running
from tests.fake_salesforce.faults import Fault

LIMITS = {"_request_timeout": (2, 5)}


@pytest.fixture
def fake() -> Iterator[FakeHubspot]:
    with running() as one:
        yield one


def _client(fake: FakeHubspot, retry: Retry | None = None) -> HubSpot:
    return HubSpot(access_token=TOKEN, host=fake.address, retry=retry or Retry(0))


def _updates(*inputs: dict[str, object]) -> BatchInputSimplePublicObjectBatchInput:
    return BatchInputSimplePublicObjectBatchInput(inputs=list(inputs))


def test_batches_update_and_read_with_history(fake: FakeHubspot) -> None:
    keys = [fake.account.add("contacts", jobtitle="CTO") for _ in range(3)]
    batch = _client(fake).crm.objects.batch_api
    updates = [{"id": key, "properties": {"jobtitle": "CEO"}, "objectWriteTraceId": f"t{key}"} for key in keys]
    done = batch.update("contacts", _updates(*updates), **LIMITS)
    assert (done.status, [one.object_write_trace_id for one in done.results]) == (
        "COMPLETE",
        [f"t{key}" for key in keys],
    )
    asked = BatchReadInputSimplePublicObjectId(
        inputs=[{"id": keys[0]}], properties=["jobtitle"], properties_with_history=["jobtitle"]
    )
    read = batch.read("contacts", asked, **LIMITS).results[0]
    assert [one.value for one in read.properties_with_history["jobtitle"]] == ["CEO", "CTO"]
    assert [one.source_type for one in read.properties_with_history["jobtitle"]] == ["INTEGRATION", "IMPORT"]


def test_a_part_that_fails_is_told_in_a_success(fake: FakeHubspot) -> None:
    key = fake.account.add("contacts")
    updates = [{"id": one, "properties": {"jobtitle": "CEO"}} for one in (key, "99")]
    done = _client(fake).crm.objects.batch_api.update("contacts", _updates(*updates), **LIMITS)
    assert type(done).__name__ == "BatchResponseSimplePublicObjectWithErrors"
    assert (done.num_errors, done.errors[0].category, done.errors[0].context) == (
        1,
        "OBJECT_NOT_FOUND",
        {"ids": ["99"]},
    )


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"nobody_made": "x"}, "PROPERTY_DOESNT_EXIST"),
        ({"createdate": "2026-01-01"}, "READ_ONLY_VALUE"),
        ({"associatedcompanyid": "many"}, "INVALID_NUMBER"),
        ({"jobtitle": 7}, "INVALID_TYPE"),
    ],
)
def test_a_wrong_value_refuses_the_batch(fake: FakeHubspot, properties: dict[str, object], said: str) -> None:
    keys = [fake.account.add("contacts") for _ in range(2)]
    updates = [{"id": keys[0], "properties": {"jobtitle": "CEO"}}, {"id": keys[1], "properties": properties}]
    with pytest.raises(ApiException, match=said) as refused:
        _client(fake).crm.objects.batch_api.update("contacts", _updates(*updates), **LIMITS)
    assert refused.value.status == 400
    assert not fake.account.writes


def test_more_than_a_hundred_are_refused(fake: FakeHubspot) -> None:
    keys = [fake.account.add("contacts") for _ in range(101)]
    with pytest.raises(ApiException, match="maximum number of inputs"):
        _client(fake).crm.objects.batch_api.update(
            "contacts", _updates(*({"id": key, "properties": {}} for key in keys)), **LIMITS
        )
    asked = BatchReadInputSimplePublicObjectId(
        inputs=[{"id": key} for key in keys[:51]], properties=[], properties_with_history=["jobtitle"]
    )
    with pytest.raises(ApiException, match="maximum number of inputs"):
        _client(fake).crm.objects.batch_api.read("contacts", asked, **LIMITS)


def test_properties_groups_and_pipelines(fake: FakeHubspot) -> None:
    properties = _client(fake).crm.properties
    group = PropertyGroupCreate(name="lead_quality", label="Lead quality")
    assert properties.groups_api.create("contacts", group, **LIMITS).name == "lead_quality"
    with pytest.raises(PropertyException) as refused:
        properties.groups_api.create("contacts", group, **LIMITS)
    assert refused.value.status == 409
    tier = PropertyCreate(
        name="tier", label="Tier", group_name="lead_quality", type="enumeration", field_type="select",
        options=[OptionInput(label="One", value="T1", display_order=0, hidden=False)],
    )  # fmt: skip
    made = properties.core_api.create("contacts", tier, **LIMITS)
    assert [one.value for one in made.options] == ["T1"]
    assert properties.core_api.get_by_name("contacts", "tier", **LIMITS).type == "enumeration"
    fake.account.pipelines.append(pipeline("custom", {"s-1": 1.0}))
    found = _client(fake).crm.pipelines.pipelines_api.get_all("deals", **LIMITS).results
    assert found[1].stages[0].metadata == {"probability": "1.0", "isClosed": "true"}


def test_pages_lead_through_all(fake: FakeHubspot) -> None:
    keys = [fake.account.add("contacts") for _ in range(23)]
    company = fake.account.add("companies", name="Acme")
    fake.account.tie("contacts", keys[0], "companies", company)
    found, after = [], None
    while True:
        page = _client(fake).crm.objects.basic_api.get_page(
            "contacts", limit=10, after=after, associations=["companies"], **LIMITS
        )
        found += page.results
        if page.paging is None:
            break
        after = page.paging.next.after
    assert [one.id for one in found] == keys
    assert {one.id for one in found[0].associations["companies"].results} == {company}


def test_its_own_retries_wait_for_the_limit_when_they_may_retry_a_post(fake: FakeHubspot) -> None:
    key = fake.account.add("contacts")
    fake.faults.add(Fault(at="batch/update", answer=too_many("TEN_SECONDLY_ROLLING", retry_after="0"), count=2))
    retry = Retry(total=3, status_forcelist=(429,), allowed_methods=None, backoff_factor=0.01)
    batch = _client(fake, retry).crm.objects.batch_api
    done = batch.update("contacts", _updates({"id": key, "properties": {"jobtitle": "CEO"}}), **LIMITS)
    assert len(done.results) == 1
    assert [call.status for call in fake.calls] == [429, 429, 200]


def test_a_wrong_token_is_refused(fake: FakeHubspot) -> None:
    client = HubSpot(access_token="wrong", host=fake.address, retry=Retry(0))
    with pytest.raises(ApiException) as refused:
        client.crm.objects.basic_api.get_page("contacts", **LIMITS)
    assert refused.value.status == 401


def test_both_limits(fake: FakeHubspot) -> None:
    page = _client(fake).crm.objects.basic_api.get_page
    fake.limits.ten_secondly = 1
    page("contacts", **LIMITS)
    with pytest.raises(ApiException, match="TEN_SECONDLY_ROLLING") as refused:
        page("contacts", **LIMITS)
    assert refused.value.headers["Retry-After"] == "1"
    fake.limits.daily = 1
    with pytest.raises(ApiException, match="DAILY"):
        page("contacts", **LIMITS)
