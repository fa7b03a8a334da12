"""A score that was found, told: in words, as data, as a short text, as a file of its own, as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from leadq.agreement.schema import Agreement
from leadq.crm.storage.parquet_rows import moved_sentence, rows_of_lead
from leadq.features.rejection.stops import STOP
from leadq.foundation.atomic_files import write_text
from leadq.foundation.problems import Problem, UsageError
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.past_leads import PastLead, PastLeads, past_leads_path
from leadq.models.live.live_models import models_folder
from leadq.models.pictures.waterfall import draw_waterfall
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.explaining.reproduce_score import Row
from leadq.pipelines.project.project import Project
from leadq.serving.words.agreed.deadline import Deadline, deadline_of
from leadq.serving.words.card import Beside, Card, Standing, card_of, steps_for
from leadq.serving.words.card_document import card_document
from leadq.serving.words.card_page import card_file
from leadq.serving.words.card_text import card_text, short_text
from leadq.serving.words.playbook import read_playbook
from leadq.serving.words.sentences import Sentences, read_sentences
from leadq.serving.words.text import clean

MOST_BARS = 9
"""Families drawn by themselves; the rest is one bar."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """A score to explain: its row, the model and the agreement that made it, and where it comes from, in words."""

    row: Row
    bundle: Bundle
    agreement: Agreement
    reproduced: bool
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What to write beside: the picture (.png or .svg) and the card as one offline page (.html).

    Raises
    ------
    UsageError
        Another kind of file.
    """

    picture: Path | None = None
    page: Path | None = None

    def __post_init__(self) -> None:
        for option, path, kinds in (("--picture", self.picture, (".png", ".svg")), ("--html", self.page, (".html",))):
            if path is not None and path.suffix not in kinds:
                rule = f"must be a {' or '.join(kinds)} file"
                raise UsageError(Problem(where=option, rule=rule, value=str(path), remedy="Rename it."))


def tell(project: Project, found: Found, files: Files, *, short: bool) -> Told:
    """Tell a score, and write the files that were asked for.

    Raises
    ------
    UsageError
        There is nothing to draw.
    """
    said = read_sentences(project.config.sentences)
    card = _card(project, found, said)
    facts = {
        **card_document(found.row, card, found.agreement, found.bundle),
        "reproduced": found.reproduced,
        "origin": found.origin,
        "short": short_text(card),
    }
    if card.beside.deadline is not None:
        facts["first_touch_due"] = card.beside.deadline.due.isoformat()
    lines = [short_text(card)] if short else [card_text(card).rstrip("\n"), found.origin]
    if files.picture is not None:
        _draw(found, said, files.picture)
        facts["picture"] = str(files.picture)
        lines.append(f"Picture: {files.picture}")
    if files.page is not None:
        write_text(files.page, card_file(card, [tier.id for tier in found.agreement.tiers]))
        facts["page"] = str(files.page)
        lines.append(f"Card: {files.page}")
    return Told(facts=facts, words="\n".join(lines))


def _card(project: Project, found: Found, said: Sentences) -> Card:
    beside = Beside(
        similar=_similar(project, found),
        steps=steps_for(found.row, read_playbook(project.config.playbook), stop=_stop(project, found)),
        moved=_moved(project, found),
        deadline=_deadline(project, found),
    )
    return card_of(found.row, found.agreement, Standing.of(found.bundle), said, beside)


def _stop(project: Project, found: Found) -> str | None:
    """Return by which event the lead asked not to be contacted, as the run of the row kept it."""
    path = project.store.records_path(str(found.row["run_id"]))
    kept = rows_of_lead(path, found.row["lead_id"]).to_pylist() if path.is_file() else []
    return kept[0].get(STOP) if kept else None


def _similar(project: Project, found: Found) -> tuple[PastLead, ...]:
    """Return the past leads nearest in reasons, as the model that made the score knows them."""
    if not found.row["contributions"]:
        return ()
    past = PastLeads.read(past_leads_path(models_folder(project.store.folder), found.bundle.version))
    return past.nearest({part["family"]: part["contribution"] for part in found.row["contributions"]})


def _moved(project: Project, found: Found) -> str:
    """Say how the lead came into its tier in that run; empty where it stayed, or the run told no moves."""
    run = project.store.committed(found.row["run_id"])
    if run is None or not run.moves:
        return ""
    return moved_sentence(project.store.table(run.moves), found.row["lead_id"])


def _deadline(project: Project, found: Found) -> Deadline | None:
    """Return when the lead's first touch is due, as its run told it; a row that belongs to no run has none."""
    run = project.store.committed(found.row["run_id"])
    if run is None:
        return None
    now = max(project.read_at, run.inputs.as_of)
    return deadline_of(project.store.deadlines_path(run.inputs), found.row["lead_id"], now=now)


def _draw(found: Found, said: Sentences, picture: Path) -> None:
    row = found.row
    parts = {part["family"]: part["contribution"] for part in row["contributions"] or ()}
    if not parts:
        remedy = "Leave --picture out; there are no reasons to draw."
        rule = "needs a lead with a score and reasons from a model"
        raise UsageError(Problem(where="--picture", rule=rule, value=clean(row["lead_id"]), remedy=remedy))
    draw_waterfall(
        base=row["base"],
        contributions=parts,
        path=picture,
        title=f"Lead {clean(row['lead_id'])}, {row['as_of']:%Y-%m-%d}",
        words={family: said.family_label(family) for family in parts},
        most=MOST_BARS,
    )
