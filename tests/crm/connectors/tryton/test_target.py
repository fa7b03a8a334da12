"""Scores into a real Tryton server."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from leadq.crm.connectors.connector import column_name
from leadq.crm.connectors.protocol import Chunk, RowOutcome, Target, TargetField, TargetRow, Value
from leadq.crm.connectors.tryton.opening import open_target
from leadq.crm.connectors.tryton.sending.target import TrytonTarget
from leadq.crm.connectors.tryton.settings import ToTryton
from leadq.foundation.problems import ConfigError, GateStopped
from leadq.serving.delivery.planning.payload import our_fields
from tests.tryton_server import DATABASE, LEADQ, PASSWORDS, REP, TIERS, Tryton

pytestmark = pytest.mark.integration

FIELDS = our_fields(column_name, TIERS)
ENVIRONMENT = {"TRYTON_PASSWORD": PASSWORDS[LEADQ], "WRONG": "not this one"}


def target_of(tryton: Tryton, *, password: str = "${TRYTON_PASSWORD}", user: str = LEADQ) -> TrytonTarget:
    to = ToTryton(kind="tryton", address=tryton.address, database=DATABASE, user=user, password=password)
    return open_target("crm", to, ENVIRONMENT)


def values(score: int = 87, **changed: Value) -> dict[str, Value]:
    usual: dict[str, Value] = {
        "lq_score": score,
        "lq_tier": "T1",
        "lq_chance": 12.34,
        "lq_reason_1": "Fragte nach „Preisen“ <b>zweimal</b> =1+1",
        "lq_reason_2": None,
        "lq_reason_3": None,
        "lq_reason_against_1": None,
        "lq_reason_against_2": None,
        "lq_reason_against_3": None,
        "lq_scored_at": "2026-11-21T02:00:00Z",
        "lq_model_version": "2026-10.1",
        "lq_status": "scored",
    }
    return {**usual, **changed}


def chunk_of(rows: dict[int | str, dict[str, Value]]) -> Chunk:
    return Chunk(run_id="r", number=0, rows=tuple(TargetRow(key=str(key), values=one) for key, one in rows.items()))


def send(target: Target, chunk: Chunk) -> dict[str, RowOutcome]:
    remote = None
    for _ in range(10):
        step = target.step(chunk, remote)
        remote = step.remote
        if step.outcomes is not None:
            assert [one.key for one in step.outcomes] == [row.key for row in chunk.rows]
            return {one.key: one for one in step.outcomes}
    raise AssertionError("a chunk must end")


def states(outcomes: dict[str, RowOutcome]) -> list[str]:
    return [one.state for one in outcomes.values()]


def test_values_are_written_and_read_back_as_they_were(tryton: Tryton) -> None:
    ids = tryton.rpc(REP).leads(3)
    target = target_of(tryton)
    target.check(FIELDS)
    rows = {one: values(score=place) for place, one in enumerate(ids)}
    assert states(send(target, chunk_of(rows))) == ["ok"] * 3
    names = [field.name for field in FIELDS]
    assert target.read_back([str(one) for one in ids], names) == {str(one): row for one, row in rows.items()}


def test_a_rejected_row_takes_no_other_with_it(tryton: Tryton) -> None:
    ids = tryton.rpc(REP).leads(20)
    rows = {one: values() for one in ids}
    rows[ids[3]] = values(lq_tier="T9")
    rows[ids[17]] = values(score=101)
    outcomes = send(target_of(tryton), chunk_of(rows))
    wrong = {key for key, one in outcomes.items() if one.state == "rejected"}
    assert wrong == {str(ids[3]), str(ids[17])}
    assert states(outcomes).count("ok") == 18
    assert '"T9" for field "Tier"' in outcomes[str(ids[3])].text
    held = tryton.rpc(REP).read(ids, ["lq_score"])
    assert [held[one]["lq_score"] for one in ids].count(87) == 18


def test_a_lead_that_a_person_changed_in_between_is_left_and_comes_again(tryton: Tryton) -> None:
    rep = tryton.rpc(REP)
    ids = rep.leads(10)
    target = target_of(tryton)
    chunk = chunk_of({one: values() for one in ids})
    read = target.step(chunk, None)
    rep("sale.opportunity.write", [ids[4]], {"comment": "Called, wants a quote"})
    step = target.step(chunk, read.remote)
    assert step.outcomes is not None
    outcomes = {one.key: one for one in step.outcomes}
    assert outcomes[str(ids[4])].state == "skipped"
    assert outcomes[str(ids[4])].text == "changed by somebody in the meantime"
    assert states(outcomes).count("ok") == 9
    assert rep.read(ids, ["lq_score", "comment"])[ids[4]] == {
        "id": ids[4], "lq_score": None, "comment": "Called, wants a quote",
    }  # fmt: skip
    assert states(send(target, chunk)) == ["ok"] * 10


def test_a_lead_that_was_deleted_in_between_is_skipped_and_takes_no_other_with_it(tryton: Tryton) -> None:
    ids = tryton.rpc(REP).leads(6)
    target = target_of(tryton)
    chunk = chunk_of({one: values(lq_tier="T9" if one == ids[1] else "T1") for one in ids})
    read = target.step(chunk, None)
    tryton.rpc(REP)("sale.opportunity.cancel", [ids[3]])
    tryton.rpc(REP)("sale.opportunity.delete", [ids[3]])
    step = target.step(chunk, read.remote)
    assert step.outcomes is not None
    outcomes = {one.key: one for one in step.outcomes}
    assert states(outcomes) == ["ok", "rejected", "ok", "skipped", "ok", "ok"]
    assert outcomes[str(ids[3])].text == "deleted in the meantime"


def test_a_write_that_went_unheard_is_known_as_ours(tryton: Tryton) -> None:
    ids = tryton.rpc(REP).leads(5)
    target = target_of(tryton)
    chunk = chunk_of({one: values() for one in ids})
    read = target.step(chunk, None)
    target.step(chunk, read.remote)  # its answer is lost
    again = target.step(chunk, read.remote)
    assert again.outcomes is not None
    assert [one.state for one in again.outcomes] == ["ok"] * 5
    revisions = tryton.asked(f"SELECT id, count(*) FROM sale_opportunity__history WHERE id >= {ids[0]} GROUP BY id")
    assert {count for _, count in revisions} == {2}, "made and scored, not scored twice"


def test_what_a_killed_process_left_at_work_does_not_win(tryton: Tryton) -> None:
    """The server ends an earlier night's write after tonight's has looked when leads were last changed."""
    ids = tryton.rpc(REP).leads(4)
    target = target_of(tryton)
    chunk = chunk_of({one: values(score=70) for one in ids})
    read = target.step(chunk, None)
    tryton.rpc(LEADQ)("sale.opportunity.write", ids[:2], {"lq_score": 11, "lq_tier": "T3"})
    step = target.step(chunk, read.remote)
    assert step.outcomes is not None
    assert [one.state for one in step.outcomes] == ["ok"] * 4
    assert {row["lq_score"] for row in tryton.rpc(REP).read(ids, ["lq_score"]).values()} == {70}


def test_leads_that_are_none_any_more_are_left(tryton: Tryton) -> None:
    rep = tryton.rpc(REP)
    lost, cancelled, converted, opened = rep.leads(4)
    rep("sale.opportunity.lost", [lost])
    rep("sale.opportunity.cancel", [cancelled])
    rep("sale.opportunity.opportunity", [converted, opened])
    rep("sale.opportunity.convert", [converted])
    target = target_of(tryton)
    hostile = ("0", "007", "-1", "1; DROP TABLE sale_opportunity", "٣", "")
    keys = [str(one) for one in (lost, cancelled, converted, opened, 10**9)]
    told = target.skipped([*keys, *hostile])
    assert [told.get(key) for key in keys] == [
        "lost",
        "cancelled",
        "converted",
        None,
        "not found, or not visible to leadq's user",
    ]
    assert {told[key] for key in hostile} == {"not a Tryton id"}
    rows: dict[int | str, dict[str, Value]] = {key: values() for key in (*keys, *hostile)}
    assert states(send(target, chunk_of(rows))) == ["skipped", "skipped", "skipped", "ok", *["skipped"] * 7]
    held = rep.read([lost, cancelled, converted, opened], ["lq_score"])
    assert [held[one]["lq_score"] for one in (lost, cancelled, converted, opened)] == [None, None, None, 87]


def test_only_fields_of_leadq_are_ever_written(tryton: Tryton) -> None:
    (lead,) = tryton.rpc(REP).leads(1)
    target = target_of(tryton)
    for name in ("lq_decision", "lq_tier_override", "lq_rejection_reason", "conversion_probability", "lq_unknown"):
        with pytest.raises(ConfigError, match="must be a field of leadq"):
            send(target, chunk_of({lead: {name: "T1"}}))
    with pytest.raises(RuntimeError, match="not allowed to access"):
        tryton.rpc(REP)("sale.opportunity.write", [lead], {"lq_score": 99})
    with pytest.raises(RuntimeError, match="not allowed to access"):
        tryton.rpc(LEADQ)("sale.opportunity.write", [lead], {"lq_decision": "accepted"})


def _broken(fields: Sequence[TargetField], which: str, changed: dict[str, object]) -> list[TargetField]:
    usual = {field.name: field for field in fields}
    old = usual[which]
    given = {"name": old.name, "kind": old.kind, "length": old.length, "choices": old.choices, **changed}
    return [*(field for field in fields if field.name != which), TargetField(**given)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "changed", "words"),
    [
        ("lq_tier", {"choices": ("T1", "T7")}, "must offer the choice, got T7"),
        ("lq_score", {"name": "lq_fame"}, "field lq_fame: must be there"),
        ("lq_score", {"kind": "text"}, "must be of the kind char, got integer"),
        ("lq_reason_1", {"length": 1000}, "must take 1000 characters, got 255"),
        ("lq_status", {"name": "state"}, "must be leadq's to write"),
    ],
)
def test_what_does_not_fit_stops_before_anything_is_written(
    tryton: Tryton, name: str, changed: dict[str, object], words: str
) -> None:
    with pytest.raises(GateStopped, match=words):
        target_of(tryton).check(_broken(FIELDS, name, changed))


def test_a_user_without_the_group_is_told_so(tryton: Tryton) -> None:
    to = ToTryton(kind="tryton", address=tryton.address, database=DATABASE, user=REP, password="${REP}")
    with pytest.raises(GateStopped, match="Put the user sam into the group leadq"):
        open_target("crm", to, {"REP": PASSWORDS[REP]}).check(FIELDS)


def test_a_session_that_ran_out_is_renewed_once(tryton: Tryton) -> None:
    (lead,) = tryton.rpc(REP).leads(1)
    target = target_of(tryton)
    assert target.skipped([str(lead)]) == {}
    session = target._session
    session._token = "bm8=" + session._token[4:]
    assert states(send(target, chunk_of({lead: values()}))) == ["ok"]


def test_a_wrong_password_is_told_and_shown_nowhere(tryton: Tryton) -> None:
    with pytest.raises(ConfigError, match="must let leadq's user in") as told:
        target_of(tryton, password="${WRONG}").check(FIELDS)
    assert ENVIRONMENT["WRONG"] not in str(told.value)
