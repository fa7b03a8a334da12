"""``leadq scores``: what is shown, to whom, of which runs; hostile texts steer neither terminal nor spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest

from leadq.crm.storage.spreadsheet_cells import may_run
from leadq.pipelines.scores.best_rows import ROWS
from leadq.pipelines.scores.show_scores import ON_SCREEN
from tests.pipelines.scores.conftest import HOSTILE, NIGHT, NOW, Scored, lead

REJECTED = 5


def rows_of(said: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(said)))


def plain(said: str) -> bool:
    """Return whether nothing in it steers a terminal or hides from its reader."""
    return not any(unicodedata.category(sign) in ("Cc", "Cf") and sign != "\n" for sign in said)


def test_the_best_leads_are_shown_with_what_speaks_for_them(scored: Scored) -> None:
    scored.night(
        lead("L2", "T2", 0.21, account_id="Acme Ltd", reason="Asked for a demo: 24 of 60 such leads were won"),
        lead("L1", "T1", 0.613, reason="Came from Referral", against="Company is small"),
        lead("L3", "T3", 0.04, against="Company is small"),
        lead("L4", "disqualified", 0.3, tier_by="competitor"),
        lead("L5", None, None),
    )
    lines = scored.leadq("scores").splitlines()
    assert lines[0] == "Scores as of 2026-09-30 00:00 UTC, model 3f2a9c81d07b"
    assert [line.split()[0] for line in lines[2:7]] == ["L1", "L2", "L3", "L4", "L5"]
    assert lines[2].split() == ["L1", "T1", "61.3", "%", "Came", "from", "Referral"]
    assert "Acme Ltd" in lines[3]
    assert lines[4].endswith("against it: company is small")
    assert lines[5].endswith("by the agreed rule 'competitor'")
    assert lines[6].endswith("it is older than any lead whose outcome the history shows")


def test_a_screen_shows_some_and_says_how_to_get_the_rest(scored: Scored) -> None:
    scored.night(*(lead(f"L{at:03d}", "T1" if at < 90 else "T2", 0.5) for at in range(100)))
    said = scored.leadq("scores")
    assert len([line for line in said.splitlines() if line.startswith("  L0")]) == ON_SCREEN
    assert "The best 25 leads are shown. More: leadq scores --top 100" in said
    of_one_tier = scored.leadq("scores", "--tier", "T2")
    assert "More:" not in of_one_tier
    assert of_one_tier.count("  L09") == 10
    assert scored.leadq("scores", "--top", "3").count("  L0") == 3
    assert len(rows_of(scored.leadq("scores", "--csv"))) == 100
    both = rows_of(scored.leadq("scores", "--csv", "--tier", "T2", "--tier", "T1", "--top", "95"))
    assert [row["tier"] for row in both] == ["T1"] * 90 + ["T2"] * 5


def test_json_has_every_lead_that_was_asked_for(scored: Scored) -> None:
    scored.night(*(lead(f"L{at:03d}", "T1", 0.5, as_of=NIGHT) for at in range(100)))
    told = json.loads(scored.leadq("scores", "--json"))
    assert (told["done"], told["exit_code"], len(told["leads"])) == (True, 0, 100)
    assert set(told["leads"][0]) == set(ROWS.names)
    assert told["leads"][0]["as_of"] == NIGHT.isoformat()
    assert told["runs"] == [scored.runs[0].run_id]
    assert len(json.loads(scored.leadq("scores", "--json", "--top", "2"))["leads"]) == 2


def test_a_tier_that_there_is_not_is_refused_and_the_remedy_works(scored: Scored) -> None:
    scored.night(lead("L1", "T1"), lead("L2", "old tier"))
    said = scored.leadq("scores", "--tier", "T9", "--csv", code=2)
    assert "--tier: must be a tier of the scores, got T9. Use one of T1, T2, T3, old tier" in said
    assert "No lead is in T2." in scored.leadq("scores", "--tier", "T2")
    assert rows_of(scored.leadq("scores", "--tier", "T2", "--csv")) == []
    assert [row["lead_id"] for row in rows_of(scored.leadq("scores", "--tier", "old tier", "--csv"))] == ["L2"]
    assert "takes --csv or --json, not both" in scored.leadq("scores", "--csv", "--json", code=2)


def test_without_a_night_it_says_what_to_do(scored: Scored) -> None:
    said = scored.leadq("scores", code=2)
    assert "must have a scored night. Score first: leadq score." in said


def test_a_night_that_is_not_committed_is_not_there_and_nobody_waits_for_it(scored: Scored) -> None:
    scored.night(lead("L1", "T1", 0.2))
    scored.night(lead("L1", "T1", 0.9), lead("L2"), days=1, committed=False)
    with scored.project.store.writing("score, night", NOW):
        assert [row["lead_id"] for row in rows_of(scored.leadq("scores", "--csv"))] == ["L1"]


def test_leads_scored_since_the_night_are_shown_as_they_are_now(scored: Scored) -> None:
    scored.night(lead("L1", "T1", 0.2), lead("L2", "T1", 0.3), days=-1)
    scored.night(lead("L1", "T1", 0.4), lead("L2", "T1", 0.3))
    scored.night(lead("L1", "T2", 0.15), days=1, kind="lead")
    said = scored.leadq("scores")
    assert "Of the night of 2026-09-30 00:00 UTC and 1 later run over some of its leads." in said
    rows = rows_of(scored.leadq("scores", "--csv"))
    assert [(row["lead_id"], row["tier"]) for row in rows] == [("L2", "T1"), ("L1", "T2")]


def test_what_was_scored_as_of_a_moment_after_the_data_was_read_does_not_count(scored: Scored) -> None:
    """A first look without ``read_at`` scores everything as too old; its run must not hide the right one."""
    scored.night(lead("L1", None, None), days=0)
    scored.night(lead("L1", "T1", 0.4), days=-10)
    assert "not scored" in scored.leadq("scores")
    params = (scored.folder / "params.yaml").read_text()
    made = (NIGHT - timedelta(days=10)).isoformat()
    (scored.folder / "params.yaml").write_text(params.replace("read_at: null", f'read_at: "{made}"'))
    assert rows_of(scored.leadq("scores", "--csv"))[0]["tier"] == "T1"


def test_hostile_texts_do_not_steer_the_terminal(scored: Scored) -> None:
    leads = [lead(key, "T1", 0.5, account_id=name, reason=name, owner=name) for key, name in HOSTILE.items()]
    scored.night(*leads, lead("L9", "T1", 0.5, reason="Came from Referral"))
    said = scored.leadq("scores")
    assert plain(said)
    assert (
        len(said.splitlines()) == 2 + len(HOSTILE) + 1 + 1
    )  # head, headings, leads, where to go on: none added a line
    starts = {line.find("T1") for line in said.splitlines() if "50.0 %" in line}
    assert len(starts) == 1, "columns stay columns"


def test_hostile_ids_are_left_out_of_csv_by_name_and_never_changed(scored: Scored) -> None:
    leads = [lead(key, "T1", 0.5, account_id=name, reason=name, owner=name) for key, name in HOSTILE.items()]
    scored.night(*leads, lead("L9", "T1", 0.5, reason="Came from Referral"))
    code, out, err = scored.run("scores", "--csv", "--project", str(scored.folder))
    assert code == REJECTED
    rows = rows_of(out)
    assert [row["lead_id"] for row in rows] == ["-MxYz_1", "L9"]
    assert plain(out)
    assert plain(err)
    assert not any(may_run(value) for row in rows for value in row.values())
    assert "4 rows" in err
    assert "=HYPERLINK(A1)" in err
    assert "L\\x1b[2J\\x1b[31m1" in err
    assert "Give the lead another id in the CRM" in err


@pytest.mark.parametrize("name", sorted(set(HOSTILE.values())))
def test_no_text_of_a_csv_row_runs_or_steers(scored: Scored, name: str) -> None:
    texts = dict.fromkeys(("account_id", "owner", "source", "campaign", "trend", "status_reason"), name)
    scored.night(lead("L1", "T1", 0.5, reason=name, against=name, **texts))
    out = scored.leadq("scores", "--csv")
    (row,) = rows_of(out)
    assert plain(out)
    assert not any(may_run(value) for value in row.values())


def test_hostile_ids_are_whole_in_json(scored: Scored) -> None:
    scored.night(*(lead(key, "T1", 0.5, account_id=name) for key, name in HOSTILE.items()))
    said = scored.leadq("scores", "--json")
    assert plain(said)
    assert {row["lead_id"]: row["account_id"] for row in json.loads(said)["leads"]} == HOSTILE


def test_a_reader_that_goes_away_ends_it_quietly_and_no_training_library_is_loaded(scored: Scored) -> None:
    scored.night(*(lead(f"L{at:06d}", "T1", 0.5, reason="Came from Referral") for at in range(5_000)))
    program = (
        "import sys; from leadq.pipelines.cli.main import app\n"
        "try: app(sys.argv[1:])\n"
        "finally: sys.stderr.write(' '.join({'sklearn', 'mlflow', 'shap', 'matplotlib', 'dvc'} & set(sys.modules)))"
    )
    arguments = [sys.executable, "-c", program, "scores", "--csv", "--project", str(scored.folder)]
    environment = {**os.environ, "LEADQ_NOW": NOW.isoformat()}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"lead_id,tier,probability")
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 0)


def test_the_whole_table_is_told_only_once_it_can_be_read(scored: Scored) -> None:
    scored.night(lead("L1"))
    table = Path(scored.project.store.folder / scored.runs[0].scores)
    table.write_bytes(table.read_bytes()[:100])
    code, out, err = scored.run("scores", "--csv", "--project", str(scored.folder))
    assert (code, out) == (1, "")
    assert "a committed run's table must be complete" in err
