"""Values as Salesforce takes them: nothing that a lead's text says is taken for a command, nothing is too long."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadq.crm.connectors.protocol import FieldKind, RowOutcome, TargetRow, Value
from leadq.crm.connectors.salesforce.metadata.fields import HUMAN_FIELDS, OUR_FIELDS
from leadq.crm.connectors.salesforce.sending.bulk_protocol import csv_bytes
from leadq.crm.connectors.salesforce.sending.held_fields import ALLOWED, HeldField
from leadq.crm.connectors.salesforce.sending.values import as_read, cell, is_id, sendable
from leadq.foundation.problems import GateStopped

LEAD = "00Q0x00000ABCDEFGH"
TEXT = "LQ_Reason_1__c"


def _held(kind: FieldKind, length: int = 0) -> HeldField:
    return HeldField(kind=kind, length=length, choices=frozenset(), writable=True)


HELD = {
    "LQ_Score__c": _held("number"),
    "LQ_Tier__c": _held("picklist"),
    "LQ_Scored_At__c": _held("moment"),
    TEXT: _held("text", 20),
}


def _sent(name: str, value: Value) -> Value:
    values = sendable(TargetRow(key=LEAD, values={name: value}), HELD)
    assert isinstance(values, dict)
    return values[name]


@pytest.mark.parametrize(
    ("given_text", "sent"),
    [
        ("two\r\nlines\tand\x00 more", "two lines and more"),
        ("  spaces ", "spaces"),
        ("", None),
        (" \n ", None),
        ("#N/A", "# N/A"),
        ("#n/a", "# n/a"),
        ("=1+1", "=1+1"),
        ("x" * 20, "x" * 20),
        ("x" * 21, "x" * 19 + "\u2026"),
        ("\ud800", "\ufffd"),
        ("\U0001f600" * 15, "\U0001f600" * 9 + "\u2026"),
    ],
)
def test_a_text_is_one_line_that_fits(given_text: str, sent: str | None) -> None:
    assert _sent(TEXT, given_text) == sent


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_survives_csv_and_json_and_never_clears(text: str) -> None:
    value = _sent(TEXT, text)
    content = csv_bytes([(LEAD, {TEXT: value})])
    [row] = csv.DictReader(io.StringIO(content.decode(), newline=""))
    assert row[TEXT] == ("#N/A" if value is None else value)
    assert content.count(b"\n") == 2
    assert value is None or (value != "#N/A" and len(str(value)) <= 20)
    assert json.loads(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("LQ_Score__c", float("nan"), "NOT_A_NUMBER"),
        ("LQ_Score__c", float("inf"), "NOT_A_NUMBER"),
        ("LQ_Score__c", "72", "NOT_A_NUMBER"),
        (TEXT, 3.0, "NOT_A_TEXT"),
        ("LQ_Scored_At__c", "yesterday", "NOT_A_MOMENT"),
        ("LQ_Scored_At__c", "2026-11-22T02:00:00", "NOT_A_MOMENT"),
    ],
)
def test_a_value_that_no_field_holds_rejects_its_row_alone(name: str, value: Value, code: str) -> None:
    refused = sendable(TargetRow(key=LEAD, values={name: value}), HELD)
    assert isinstance(refused, RowOutcome)
    assert (refused.state, refused.code) == ("rejected", code)


@pytest.mark.parametrize("key", ["", "1", "00Q'); DROP", LEAD + "X", "00Q0x00000ABCDÉ"])
def test_what_is_no_id_is_not_sent(key: str) -> None:
    assert not is_id(key)
    refused = sendable(TargetRow(key=key, values={"LQ_Score__c": 1.0}), HELD)
    assert isinstance(refused, RowOutcome)
    assert refused.code == "MALFORMED_ID"


@pytest.mark.parametrize("name", ["Rating", "Status", "OwnerId", "Id", "lq_score__c", "LQ_Other__c", *HUMAN_FIELDS])
def test_a_field_that_is_not_ours_stops_everything(name: str) -> None:
    with pytest.raises(GateStopped, match="not leadq's to write"):
        sendable(TargetRow(key=LEAD, values={name: "x"}), {name: _held("text", 20)})


def test_the_allow_list_is_of_leadq_and_without_fields_of_people() -> None:
    assert {field.name for field in OUR_FIELDS} <= ALLOWED
    assert all(name.startswith("LQ_") for name in ALLOWED)
    assert not ALLOWED & set(HUMAN_FIELDS)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "#N/A"),
        (72.0, "72"),
        (0.0, "0"),
        (-0.0, "0"),
        (12.5, "12.5"),
        (1e-7, "0.0000001"),
        (1e22, "1" + "0" * 22),
        (70, "70"),
    ],
)
def test_numbers_have_one_spelling(value: Value, written: str) -> None:
    assert cell(value) == written


def test_the_same_rows_give_the_same_file_in_any_order() -> None:
    rows = [("00Q0x00000ABCDEFG2", {"LQ_Tier__c": "T1", "LQ_Score__c": 3.0}), (LEAD, {"LQ_Score__c": None})]
    assert csv_bytes(rows) == csv_bytes(rows[::-1])
    assert csv_bytes(rows).decode() == (f"Id,LQ_Score__c,LQ_Tier__c\n00Q0x00000ABCDEFG2,3,T1\n{LEAD},#N/A,\n")


def test_moments_are_written_and_read_in_one_spelling() -> None:
    assert _sent("LQ_Scored_At__c", "2026-11-22T03:00:00+01:00") == "2026-11-22T02:00:00Z"
    assert as_read("2026-11-22T02:00:00.000+0000", HELD["LQ_Scored_At__c"]) == "2026-11-22T02:00:00Z"
    assert as_read(72.0, HELD["LQ_Score__c"]) == 72
    assert as_read(None, HELD[TEXT]) is None
