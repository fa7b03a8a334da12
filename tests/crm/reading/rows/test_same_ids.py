"""One id written in two ways: joined and said where the data settle it, asked where they do not, never silently wrong."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from leadq.crm.reading.values.kept_readings import readings_from_document
from tests.crm.reading.conftest import SourceFolder

pytestmark = pytest.mark.integration

RowsOf = Callable[[History, str], list[dict[str, Any]]]
CONFIG = """
sources:
  leads: {path: leads.csv}
  opportunities: {path: opportunities.csv%s}
outcome: {from: opportunities, won: [won], lost: [lost]}
"""
ROWS = 60
GUIDS = [str(uuid.UUID(int=1 << 100 | place * 7919)) for place in range(ROWS)]
FIFTEEN = [f"00QD0000{place:04d}R{'aB'[place % 2]}m" for place in range(ROWS)]
EIGHTEEN_ENDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def eighteen(fifteen: str) -> str:
    """The id of 18 characters as Salesforce's documentation makes it of one of 15."""
    blocks = (fifteen[:5], fifteen[5:10], fifteen[10:])
    return fifteen + "".join(EIGHTEEN_ENDS[sum(1 << at for at, c in enumerate(part) if c.isupper())] for part in blocks)


def _write(sources: SourceFolder, leads: list[str], others: list[str]) -> None:
    cells = [f'"{one}",2024-01-02T10:00:00Z,{place % 7}' for place, one in enumerate(leads)]
    sources.write("leads.csv", "\n".join(["lead_id,created_at,size", *cells]) + "\n")
    outcomes = ("won,2024-02-01T10:00:00Z", "lost,2024-02-02T10:00:00Z", "open,")
    cells = [f'O{place},"{one}",2024-01-03T10:00:00Z,{outcomes[place % 3]}' for place, one in enumerate(others)]
    sources.write(
        "opportunities.csv", "\n".join(["opportunity_id,lead_id,created_at,outcome,closed_at", *cells]) + "\n"
    )


def _read(sources: SourceFolder, rows_of: RowsOf, more: str = "") -> tuple[list[str], list[str], list[str]]:
    """Lead ids, lead ids of the opportunities in their order, and the notes."""
    history = sources.read(CONFIG % more)
    opportunities = sorted(rows_of(history, "opportunities"), key=lambda row: int(row["opportunity_id"][1:]))
    assert len(rows_of(history, "outcomes")) == sum(place % 3 < 2 for place in range(len(opportunities)))
    leads = [row["lead_id"] for row in rows_of(history, "leads")]
    return leads, [row["lead_id"] for row in opportunities], list(read_notes(history.folder))


@pytest.mark.parametrize(
    ("leads", "others", "kept", "said"),
    [
        ([str(7000 + n) for n in range(ROWS)], [f"{7000 + n}.0" for n in range(ROWS)], None, ""),
        ([f"{7000 + n}.0" for n in range(ROWS)], [str(7000 + n) for n in range(ROWS)], None, "the .0 of a number"),
        ([f"{7000 + n},0" for n in range(ROWS)], [str(7000 + n) for n in range(ROWS)], None, "the .0 of a number"),
        ([str(970 + n) for n in range(ROWS)], [f"{970 + n:,}" for n in range(ROWS)], None, ""),
        (
            [f"{7001 + n:,}".replace(",", "\u00a0") for n in range(ROWS)],
            [str(7001 + n) for n in range(ROWS)],
            "7001",
            "",
        ),
        ([f"{n:07d}" for n in range(1, ROWS + 1)], [str(n) for n in range(1, ROWS + 1)], None, "zeros in front"),
        ([str(n) for n in range(1, ROWS + 1)], [f"{n:07d}" for n in range(1, ROWS + 1)], None, "zeros in front"),
        (GUIDS, ["{" + one.upper() + "}" for one in GUIDS], None, "braces"),
        (["{" + one.upper() + "}" for one in GUIDS], GUIDS, None, "braces"),
        (GUIDS, [one.replace("-", "") for one in GUIDS], None, "braces"),
        (FIFTEEN, [eighteen(one) for one in FIFTEEN], None, "with a checksum"),
        ([eighteen(one) for one in FIFTEEN], FIFTEEN, None, "with a checksum"),
        (FIFTEEN, [eighteen(one).upper() for one in FIFTEEN], None, "with a checksum"),
        ([f"Ab-{n}" for n in range(ROWS)], [f"AB-{n}" for n in range(ROWS)], None, "capitals"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, list) else None,
)
def test_ids_written_otherwise_are_joined_and_leads_keep_their_own(
    sources: SourceFolder, rows_of: RowsOf, leads: list[str], others: list[str], kept: str | None, said: str
) -> None:
    _write(sources, leads, others)
    ids, of_opportunities, notes = _read(sources, rows_of)
    assert sorted(of_opportunities) == sorted(ids)
    if kept is None:
        assert of_opportunities == leads
    else:
        assert of_opportunities[0] == kept
    told = [note for note in notes if "written otherwise" in note]
    assert [said in one for one in told] == ([True] if said else [])
    assert not said or (repr(others[0]) in told[0] and repr(leads[0]) in told[0])


def test_two_files_put_together_that_write_ids_in_two_ways(sources: SourceFolder, rows_of: RowsOf) -> None:
    others = [eighteen(one) if place % 3 else one for place, one in enumerate(FIFTEEN)]
    _write(sources, FIFTEEN, others)
    assert _read(sources, rows_of)[1] == FIFTEEN


def test_ids_that_differ_in_letter_case_only_are_two_leads(sources: SourceFolder, rows_of: RowsOf) -> None:
    pairs = [one for n in range(ROWS // 2) for one in (f"a{n}B", f"A{n}b")]
    _write(sources, pairs, pairs)
    assert _read(sources, rows_of)[1] == pairs
    _write(sources, pairs, [one.lower() for one in pairs])
    (problem,) = sources.problems(CONFIG % "")
    assert "in capitals and in small letters" in problem.rule
    assert "'a0b' here" in problem.value


@pytest.mark.parametrize("settled", ["id", "text"])
def test_a_doubt_shows_both_ways_and_its_line_settles_it(sources: SourceFolder, rows_of: RowsOf, settled: str) -> None:
    """Numbers of a new system beside those of an old one with zeros: whether 7 is 0007 is not in the data."""
    leads = [f"{n:04d}" for n in range(1, 21)] + [str(n) for n in range(50_001, 50_041)]
    others = [*leads[20:], *(str(n) for n in range(1, 21))]
    _write(sources, leads, others)
    (problem,) = sources.problems(CONFIG % "")
    assert problem.value in {f"'{n}' here, '{n:04d}' there" for n in range(1, 21)}
    line = f"read: {{lead_id: {settled}}}"
    assert line in problem.remedy
    if settled == "id":
        assert sorted(_read(sources, rows_of, f", {line}")[1]) == sorted(leads)
    else:  # they are other leads, which are not in the export, and that is told as such
        (problem,) = sources.problems(CONFIG % f", {line}")
        assert "names no lead" in problem.rule


def test_rounded_ids_are_refused(sources: SourceFolder) -> None:
    _write(sources, ["1.23457E+12", *(str(1234567890000 + n) for n in range(ROWS))], ["1234567890001"])
    assert (
        "a spreadsheet has rounded"
        in next(p for p in sources.problems(CONFIG % "") if p.where.startswith("leads")).rule
    )


def test_an_events_old_lead_and_a_changed_field_follow_too(sources: SourceFolder, rows_of: RowsOf) -> None:
    rows = "".join(f"{n:05d},2024-01-02T10:00:00Z,,open\n" for n in range(1, 40))
    sources.write("leads.csv", "lead_id,created_at,closed_at,status\n" + rows)
    sources.write("aliases.csv", "old_lead_id,lead_id,merged_at\n1,2,2024-03-01T00:00:00Z\n")
    sources.write(
        "events.csv", "lead_id,occurred_at,kind\n1,2024-02-01T00:00:00Z,visit\n3,2024-02-01T00:00:00Z,visit\n"
    )
    changes = "entity,entity_id,field,changed_at,old_value,new_value\nlead,3,status,2024-02-01T00:00:00Z,new,open\n"
    sources.write("changes.csv", changes)
    history = sources.read(
        "sources:\n  leads: {path: leads.csv}\n  events: {path: events.csv}\n  field_history: {path: changes.csv}\n"
        "  lead_aliases: {path: aliases.csv}\noutcome: {from: lead_columns, won: [won], lost: [lost]}\n"
    )
    assert [row["lead_id"] for row in rows_of(history, "events")] == ["00002", "00003"]
    assert [row["entity_id"] for row in rows_of(history, "field_history")] == ["00003"]
    assert not [row for row in rows_of(history, "leads") if row["lead_id"] == "00001"]


JOINED = """
sources:
  leads: {path: leads.csv, join: [{path: sizes.csv, on: {account: Account}, take: [%s]}]}
outcome: {from: lead_columns, won: [won], lost: [lost]}
"""


def _write_joined(sources: SourceFolder, keys: list[str], sizes: list[str]) -> None:
    rows = "".join(f"L{place},2024-01-02T10:00:00Z,,open,{one}\n" for place, one in enumerate(keys))
    sources.write("leads.csv", "lead_id,created_at,closed_at,status,account\n" + rows)
    sources.write("sizes.csv", "Account,Seats,Region\n" + "".join(sizes))


@pytest.mark.parametrize(("mine", "theirs"), [("{:05d}", "{}"), ("{}", "{}.0"), ("ac-{}", "AC-{}")])
def test_keys_of_a_join_are_matched_and_kept_as_the_source_writes_them(
    sources: SourceFolder, rows_of: RowsOf, mine: str, theirs: str
) -> None:
    numbers = range(1, ROWS)
    sizes = [f"{theirs.format(n)},{n * 10},North\n" for n in numbers]
    _write_joined(sources, [mine.format(n % (ROWS - 1) + 1) for n in range(3 * ROWS)], [*sizes, sizes[0]])
    history = sources.read(JOINED % "Seats")
    rows = sorted(rows_of(history, "leads"), key=lambda row: int(row["lead_id"][1:]))
    assert [row["Seats"] for row in rows] == [10.0 * (n % (ROWS - 1) + 1) for n in range(3 * ROWS)]
    assert any("says again what another says" in note for note in read_notes(history.folder))


def test_a_joined_key_with_two_contents_names_the_column_and_what_to_take(sources: SourceFolder) -> None:
    sizes = [f"A{n},{n},North\nA{n},{n},South\n" for n in range(ROWS)]
    _write_joined(sources, [f"A{n}" for n in range(ROWS)], sizes)
    (problem,) = sources.problems(JOINED % "Seats, Region")
    assert "differ in Region" in problem.remedy
    assert 'take: ["Seats"]' in problem.remedy
    assert sources.read(JOINED % '"Seats"').counts["leads"].used == ROWS


@pytest.mark.parametrize(("before", "tonight"), [("{}", "{}.0"), ("{}.0", "{}"), ("{}", "{:,}")])
def test_a_night_whose_ids_are_written_otherwise_than_at_training_has_the_same_ids(
    sources: SourceFolder, rows_of: RowsOf, before: str, tonight: str
) -> None:
    """Else scores would go to ids that the CRM does not know."""
    numbers = range(7001, 7001 + ROWS)
    _write(sources, [before.format(n) for n in numbers], [before.format(n) for n in numbers])
    trained = readings_from_document(sources.read(CONFIG % "").readings)
    _write(sources, [tonight.format(n) for n in numbers], [tonight.format(n) for n in numbers])
    history = sources.read(CONFIG % "", readings=trained)
    assert [row["lead_id"] for row in rows_of(history, "leads")] == [str(n) for n in numbers]
