"""``leadq answers`` on a project: challenged, replied, worked again with the next night, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.crm.answers.answer_log import ANSWERS, Answer, AnswerBook
from leadq.crm.answers.challenge_log import ChallengeLog
from leadq.pipelines.cli import main as cli
from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project
from leadq.pipelines.training.ingest import ingest
from tests.shared_company import CompanyCopy, read_once

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Said = tuple[int, str, str]
BECAUSE = ("--because", "asked for a\x1b[31m price")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """A project after one night, and its command line at a moment."""

    project: Project
    night: datetime
    leads: list[str]
    run: Callable[..., Said]

    def challenge(self, lead_id: str, *more: str, side: str = "marketing") -> Said:
        """Challenge what the other side said of a lead, two hours after its answer."""
        return self.run("challenge", lead_id, "--side", side, *BECAUSE, *more, at=self.night + 3 * HOUR)


@pytest.fixture(scope="module")
def after_a_night(company_copy: CompanyCopy, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[str]]:
    """A company after one night, and leads of sales' tiers that stay open and are not answered later in the CRM, the youngest first."""
    project = company_copy(tmp_path_factory.mktemp("answers") / "company")
    rows = scored(project, project.read_at - 2 * DAY)
    history = ingest(project, silent)
    gone = {row["lead_id"] for row in history.rows("outcomes").to_pylist()}
    answers = history.rows("dispositions").to_pylist()
    gone |= {row["lead_id"] for row in answers if row["decided_at"] >= project.read_at - 2 * DAY}
    of_sales = [row for row in rows.values() if row["tier"] in ("T1", "T2") and row["lead_id"] not in gone]
    assert len(of_sales) >= 17
    return project, [row["lead_id"] for row in sorted(of_sales, key=lambda row: row["age_days"])[:17]]


@pytest.fixture
def answering(
    after_a_night: tuple[Project, list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Answering:
    project, leads = after_a_night
    night = project.read_at - 2 * DAY

    def run(*arguments: str, at: datetime) -> Said:
        monkeypatch.setattr("sys.argv", ["leadq", "answers", *arguments, "--project", str(project.folder)])
        monkeypatch.setenv("LEADQ_NOW", at.isoformat())
        monkeypatch.setenv("USER", "mia")
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return Answering(project=project, night=night, leads=leads, run=run)


def scored(project: Project, as_of: datetime) -> dict[str, dict[str, Any]]:
    with read_once():
        facts = score(project, silent, as_of=as_of).facts
    return {row["lead_id"]: row for row in pq.read_table(facts["scores"]).to_pylist()}


def test_challenges_are_made_replied_to_and_followed_on_the_command_line(answering: Answering) -> None:
    project, night, run = answering.project, answering.night, answering.run
    book, log = (kind(project.store.folder / ANSWERS) for kind in (AnswerBook, ChallengeLog))
    handed, *leads = answering.leads[:-1]
    assert run("--to-reply", "sales", at=night)[1].strip() == "No challenge waits for a reply of sales."
    for lead_id in leads:
        book.record(
            Answer(lead_id=lead_id, decided_at=night + HOUR, rep="Sue", decision="rejected", reason="no_budget")
        )
    while not {True, False} <= {one.picked for one in log.all()} or len(log.all()) < 3:
        code, out, _ = answering.challenge(leads[len(log.all())])
        assert code == 0
        assert "Marketing challenges the rejection as no budget. Sales is to reply by" in out
    picked = next(one.lead_id for one in log.all() if one.picked)
    left, agreed = [one.lead_id for one in log.all() if not one.picked][:1], leads[-1]
    assert answering.challenge(agreed, "--json")[0] == 0
    assert json.loads(answering.challenge(handed, "--json", side="sales")[1])["about"] == "hand_over"
    assert "sales must reply to" in run("reply", "L-404", "--side", "sales", "--stands", at=night + 4 * HOUR)[2]
    assert run("reply", picked, "--side", "sales", "--stands", at=night + 4 * HOUR)[0] == 2  # it does not say why
    assert run("reply", agreed, "--side", "marketing", "--agreed", at=night + 4 * HOUR)[0] == 2  # not their own
    because = ("--because", "gone until May")
    assert run("reply", picked, "--side", "sales", "--stands", *because, at=night + 4 * HOUR)[0] == 0
    assert "Sales agrees." in run("reply", agreed, "--side", "sales", "--agreed", at=night + 4 * HOUR)[1]

    rows = scored(project, night + DAY)
    told = {lead_id: (rows[lead_id]["status"], rows[lead_id]["track"]) for lead_id in (picked, agreed, *left)}
    assert told == {
        picked: ("scored", "challenged"),
        agreed: ("scored", None),
        **dict.fromkeys(left, ("rejected", "nurture")),
    }
    assert rows[picked]["returned_at"] == night + 3 * HOUR
    assert rows[handed]["status"] == "scored"

    later = night + 60 * DAY
    _, out, _ = run(at=later)
    lines = out.splitlines()
    assert lines[0].startswith("Rejections of the last 12 months, as known at ")
    assert any(line.startswith("Of ") and "as no budget" in line for line in lines)
    owed = [line for line in lines if line.startswith("- ")]
    assert "Overdue: sales was to reply by" in owed[0]
    assert "\x1b" not in out
    (line,) = (line for line in owed if line.startswith(f"- {picked}:"))
    assert "Sales does not agree. Picked at random and " in line
    assert " again: who was right is known by" in line
    assert line.endswith('Note: "asked for a[31m price". Reply: "gone until May".')
    shown = json.loads(run("--to-reply", "marketing", "--json", at=later)[1])
    assert (handed, "hand_over", True) in [
        (one["lead_id"], one["about"], one["overdue"]) for one in shown["challenges"]
    ]
    assert {one["side"] for one in shown["challenges"]} == {"sales"}


def test_what_cannot_be_challenged_is_refused_in_words(answering: Answering) -> None:
    lead_id, night, run = answering.leads[-1], answering.night, answering.run
    assert "Nobody has rejected or challenged anything yet." not in run(at=night)[1]  # the CRM tells of rejections
    for wrong in ((lead_id,), ("L-404\x1b[31m",)):
        code, out, err = answering.challenge(*wrong)
        assert (code, out) == (2, "")
        assert "must be a lead that sales has answered and that was not challenged before, got" in err
        assert "\x1b" not in err
    assert run("--to-reply", "nobody", at=night)[0] == 2
    assert run("challenge", lead_id, "--side", "sales", "--because", " ", at=night)[0] == 2
    assert run("challenge", lead_id, "--side", "sales", "--because", "x" * 501, at=night)[0] == 2
    assert answering.challenge(lead_id, side="sales")[0] == 0
    assert "not challenged before" in answering.challenge(lead_id, side="sales")[2]
