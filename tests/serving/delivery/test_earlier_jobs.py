"""A bulk job of an earlier night in the fake organisation, wherever that night was killed: ended, and nothing more sent of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadq.crm.connectors.protocol import EndsChunks, RowOutcome, UnheardError
from tests.crm.connectors.salesforce.delivering import chunk_of, driver
from tests.fake_salesforce.faults import Fault
from tests.fake_salesforce.server import FakeSalesforce, running

LEADS = 40


@pytest.fixture
def fake() -> Iterator[FakeSalesforce]:
    with running() as one:
        yield one


def _ended(fake: FakeSalesforce, steps: int) -> tuple[tuple[RowOutcome, ...], list[str], list[str]]:
    """Kill a night after some steps, end it in another process; return outcomes, leads, and the calls that ending made."""
    keys = sorted(fake.organisation.add_leads(LEADS))
    first = driver(fake, by_bulk=True)
    assert first.run(chunk_of(keys), most_steps=steps) is None
    second, chunk, remote = driver(fake, by_bulk=True), chunk_of(keys), first.remote
    before = len(fake.paths("PATCH")) + len(fake.paths("PUT"))
    assert isinstance(second.target, EndsChunks)
    for _ in range(10_000):
        step = second.target.end(chunk, remote)
        remote = step.remote
        if step.outcomes is not None:
            calls = [*fake.paths("PATCH"), *fake.paths("PUT")]
            return step.outcomes, keys, calls[before:]
    raise AssertionError("it never ends")


@pytest.mark.parametrize("steps", [1, 2])
def test_a_job_that_waits_for_rows_or_to_be_closed_is_aborted(fake: FakeSalesforce, steps: int) -> None:
    outcomes, _, _ = _ended(fake, steps)
    assert {one.state for one in outcomes} == {"unknown"}
    assert [job.state for job in fake.ingest.jobs.values()] == ["Aborted"]
    assert not fake.organisation.leads.writes


def test_a_job_that_runs_is_waited_for_and_its_rows_are_reconciled(fake: FakeSalesforce) -> None:
    fake.ingest.pace.queued_seconds = 0.1
    outcomes, keys, calls = _ended(fake, 3)
    assert [one.key for one in outcomes] == keys
    assert {one.state for one in outcomes} == {"ok"}
    assert calls == []  # only looked at
    assert len(fake.ingest.jobs) == 1


def test_a_job_that_is_gone_or_was_aborted_leaves_its_rows_unknown(fake: FakeSalesforce) -> None:
    keys = sorted(fake.organisation.add_leads(LEADS))
    first = driver(fake, by_bulk=True)
    assert first.run(chunk_of(keys), most_steps=1) is None
    fake.faults.add(Fault(at=r"PATCH .*/jobs/ingest/750", kind="drop", when="after", count=10))
    with pytest.raises(UnheardError):  # the abort takes effect unheard, and the next look finds it
        driver(fake, by_bulk=True, tries=1).target.end(chunk_of(keys), first.remote)
    step = driver(fake, by_bulk=True, tries=1).target.end(chunk_of(keys), first.remote)
    assert {one.state for one in step.outcomes or ()} == {"unknown"}
    fake.ingest.jobs.clear()
    step = driver(fake, by_bulk=True).target.end(chunk_of(keys), first.remote)
    assert {one.state for one in step.outcomes or ()} == {"unknown"}
    step = driver(fake, by_bulk=False).target.end(chunk_of(keys), {"sent": 20})
    assert step.outcomes == ()
