"""In which order the rows of a file without dates are: a date proves it, a counter is offered, and else nothing is said of time."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
import yaml

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History, open_history
from leadq.crm.reading.ingest import read_history
from leadq.crm.reading.proposal.mapping_proposal import looking_at
from tests.crm.reading.proposal.conftest import READ_AT, Cell, Folder, Lead, leads, words

OUTCOME = words(won="won", lost="lost", open="lost")
NUMBER: dict[str, Cell] = {"Number": lambda lead: str(lead.number), "Outcome": OUTCOME}
DAY: dict[str, Cell] = {"Created On": lambda lead: lead.created.strftime("%d.%m.%Y"), **NUMBER}


def _order(folder: Folder) -> tuple[list[int], History]:
    """Read the export as ``leadq.yaml`` says, and return the leads' numbers in the order they are read to have come in."""
    history = read_history(read_config(folder.path / "leadq.yaml"), folder=folder.path / "history", read_at=READ_AT)
    rows = sorted(pq.read_table(history.path("leads")).to_pylist(), key=lambda row: row["created_at"])
    return [int(row["lead_id"]) for row in rows], open_history(history.folder)


def _said(folder: Folder) -> str:
    with looking_at([folder.path / "export.csv"]) as looking:
        return " ".join(looking.propose({}).said)


@pytest.mark.parametrize(
    ("form", "newest_first"),
    [
        ("%d.%m.%Y", True),
        pytest.param("%d.%m.%Y", False, marks=pytest.mark.integration),
        ("%b %d, %Y", True),
        pytest.param("%Y-%m-%dT%H:%M:%SZ", False, marks=pytest.mark.integration),
    ],
)
def test_a_date_orders_the_rows_however_it_is_written(folder: Folder, form: str, newest_first: bool) -> None:
    rows = leads()[::-1] if newest_first else leads()
    proposed = folder.propose({**DAY, "Created On": lambda lead: lead.created.strftime(form)}, rows)
    assert proposed["flat"]["order"] == "Created On"
    numbers, history = _order(folder)
    days = [leads()[number].created.date() for number in numbers]
    assert days == sorted(days)
    assert history.order_is_time
    assert ("newest first in the file" in _said(folder)) is newest_first


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_counter_is_offered_and_the_line_orders_the_rows(folder: Folder, newest_first: bool) -> None:
    rows = leads()[::-1] if newest_first else leads()
    proposed = folder.propose(NUMBER, rows)
    assert (proposed["flat"]["order_is_time"], "order" in proposed["flat"]) == ("false", False)
    assert ("falls" if newest_first else "rises") in _said(folder)
    line = next(line for line in folder.text().splitlines() if line.startswith("  # order: "))
    text = folder.text().replace("  order_is_time: false", line.replace("# ", "", 1) + "  #")
    (folder.path / "leadq.yaml").write_text(text, encoding="utf-8")
    numbers, history = _order(folder)
    assert numbers == sorted(numbers)
    assert history.order_is_time


def test_rows_in_no_known_order_are_read_in_a_random_one_that_stays(folder: Folder) -> None:
    mixed: dict[str, Cell] = {"Number": lambda lead: str(lead.number * 7919 % 300), "Outcome": OUTCOME}
    folder.propose(mixed)
    assert "Nothing proves that the rows are in order of time" in _said(folder)
    numbers, history = _order(folder)
    assert not history.order_is_time
    assert numbers not in (sorted(numbers), [lead.number * 7919 % 300 for lead in leads()])
    again, _ = _order(folder)
    assert again == numbers


def test_a_project_of_an_earlier_leadq_keeps_the_order_of_its_rows(folder: Folder) -> None:
    folder.propose(NUMBER)
    document = yaml.safe_load(folder.text())
    del document["flat"]["order_is_time"]
    (folder.path / "leadq.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    numbers, history = _order(folder)
    assert numbers == [lead.number for lead in leads()]
    assert history.order_is_time
    assert "order_is_time" not in (history.folder / "history.json").read_text(encoding="utf-8")


def _number(lead: Lead) -> str:
    return f"R-2024-{lead.number:05d}"


def test_a_rising_id_with_letters_is_a_counter(folder: Folder) -> None:
    folder.propose({"Lead ID": _number, "Outcome": OUTCOME})
    assert 'order: "Lead ID"' in folder.text()
