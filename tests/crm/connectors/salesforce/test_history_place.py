"""Where history is written: over nothing but an extract, and never over changes that Salesforce has forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.connectors.history_source import new_extract
from leadq.crm.connectors.salesforce.history.queries import HistorySettings, ObjectQuery
from leadq.crm.connectors.salesforce.history.reader import read_history
from leadq.foundation.problems import StoreError, UsageError

LEAD = {"Id": "00QA", "CreatedDate": "2023-01-01T00:00:00.000Z", "SystemModstamp": "2023-01-01T00:00:00.000Z"}
CHANGE = {"Id": "017A", "LeadId": "00QA", "Field": "Status", "OldValue": "Open", "NewValue": "Working", "CreatedById": "005REP",
          "CreatedDate": "2023-02-01T00:00:00.000Z"}  # fmt: skip
REJECTED = {**CHANGE, "Id": "017B", "Field": "LQ_Rejection_Reason__c", "NewValue": "no_budget"}
PLAIN = HistorySettings()


class Organisation:
    """One lead, and its changes for as long as Salesforce keeps them."""

    def __init__(self, *changes: dict[str, str]) -> None:
        self.rows = {"Lead": [LEAD], "LeadHistory": list(changes)}

    def read(self, query: ObjectQuery, since: datetime | None, receive: Callable[[Iterator[str]], Any]) -> Any:
        rows = self.rows.get(query.name, [])
        lines = [query.fields, *([row.get(field, "") for field in query.fields] for row in rows)]
        return receive(iter(["".join(",".join(line) + "\n" for line in lines)]))


def _into(folder: Path, kind: str) -> None:
    if kind == "salesforce":
        read_history(Organisation(), folder, PLAIN)
        return
    with new_extract(folder) as writer:
        writer.write("leads", [])


def _found(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["salesforce", "another"])
def test_a_folder_that_holds_anything_else_is_left_as_it_is(kind: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    _into(mine, kind)  # an empty one is taken
    _into(mine, kind)  # and its own
    (mine / "thesis.txt").write_text("years of work")
    other = tmp_path / "other"
    (other / "sub").mkdir(parents=True)
    file = tmp_path / "file"
    file.write_text("x")
    (tmp_path / "new.old").mkdir()
    (tmp_path / "new.old" / "backup.csv").write_text("x")
    before = _found(tmp_path)
    for folder in (mine, other, file, tmp_path / "new"):
        with pytest.raises(UsageError, match="must be new, empty or written by leadq crm history") as caught:
            _into(folder, kind)
        assert caught.value.exit_code == 2
    assert _found(tmp_path) == before


def test_an_extract_of_another_crm_is_not_replaced(tmp_path: Path) -> None:
    _into(tmp_path / "a", "salesforce")
    _into(tmp_path / "b", "another")
    for folder, kind in (("a", "another"), ("b", "salesforce")):
        with pytest.raises(UsageError, match="same kind of CRM"):
            _into(tmp_path / folder, kind)


@pytest.mark.parametrize("kind", ["salesforce", "another"])
@pytest.mark.parametrize("folder", [".", "..", "/"])
def test_the_folder_one_stands_in_is_refused(
    kind: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="not be the folder that the command runs in"):
        _into(Path(folder), kind)


def test_changes_that_salesforce_forgot_stay_when_the_settings_change(tmp_path: Path) -> None:
    folder = tmp_path / "extract"
    wanted = HistorySettings(with_rejection_reason=True)
    read_history(Organisation(CHANGE, REJECTED), folder, wanted)
    for settings in (HistorySettings(lead_fields=("Use_Case__c",)), HistorySettings(our_user="005X"), PLAIN, PLAIN):
        rows = read_history(Organisation(), folder, settings).rows
        assert (rows["field_history"], rows["dispositions"]) == (1, 0)
    path = folder / "rows" / "LeadHistory.parquet"
    earlier = pq.read_table(path).drop_columns(["NewValue", "OldValue"]).append_column("More", pa.array(["x", "x"]))
    pq.write_table(earlier, path)  # as another version wrote it
    assert read_history(Organisation(CHANGE), folder, wanted).rows["dispositions"] == 0
    assert pq.read_table(path).column("NewValue").to_pylist() == ["Working", None]


def test_only_whole_drops_them_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "extract"
    read_history(Organisation(CHANGE, REJECTED), folder, PLAIN)
    extract = read_history(Organisation(REJECTED), folder, PLAIN, whole=True)
    assert "LeadHistory: --whole left out 1 row that Salesforce no longer has" in extract.notes
    assert extract.rows["field_history"] == 0


@pytest.mark.parametrize("name", ["Lead", "LeadHistory"])
@pytest.mark.parametrize("damage", ["cut", "inside", "other columns"])
def test_a_damaged_earlier_file_is_told_with_the_way_out(name: str, damage: str, tmp_path: Path) -> None:
    folder = tmp_path / "extract"
    read_history(Organisation(CHANGE), folder, PLAIN)
    path = folder / "rows" / f"{name}.parquet"
    content = path.read_bytes()
    if damage == "other columns":
        pq.write_table(pa.table({"x": ["1"]}), path)
    else:
        path.write_bytes(content[:50] if damage == "cut" else content[:4] + b"\xff" * 60 + content[64:])
    before = _found(folder)
    with pytest.raises(StoreError, match=rf"{name}.parquet: must not have changed since the last reading.*--whole"):
        read_history(Organisation(CHANGE), folder, PLAIN)
    assert _found(folder) == before
    extract = read_history(Organisation(CHANGE), folder, PLAIN, whole=True)
    assert extract.rows["field_history"] == 1
