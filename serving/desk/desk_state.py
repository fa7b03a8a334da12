"""What the pages of the desk share: tonight, answers, the card of a lead, the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadq.agreement.calendar.business_time import BusinessTime
from leadq.agreement.schema import Agreement
from leadq.agreement.signing.standing import standing_in_words
from leadq.crm.answers.answer_log import AnswerBook
from leadq.crm.answers.challenge import Challenge
from leadq.crm.answers.challenge_log import ChallengeLog
from leadq.crm.config.desk_settings import DeskSettings
from leadq.crm.storage.parquet_rows import moved_sentence
from leadq.models.bundle.past_leads import PastLead
from leadq.serving.desk.lead_list import Answered
from leadq.serving.desk.night_scores import Nights, RunFile, Tonight, read_records, read_row
from leadq.serving.desk.sign_in import Doorkeeper, Visitor
from leadq.serving.words.agreed.challenge_words import ReplyClock
from leadq.serving.words.agreed.deadline import deadline_of
from leadq.serving.words.agreed.followed_words import FollowedAnswers
from leadq.serving.words.card import Beside, Card, Standing, card_of, steps_for
from leadq.serving.words.playbook import Playbook
from leadq.serving.words.sentences import Sentences

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What the desk is told of the model that made a score; ``similar`` finds past leads by contributions of families."""

    standing: Standing
    agreement: Agreement
    similar: Callable[[Mapping[str, float]], tuple[PastLead, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that the pages need; made once by whoever starts the desk.

    Parameters
    ----------
    settings : DeskSettings
    agreement : Agreement
        Today's: tiers to filter by, reasons to reject for.
    nights : Nights
    answers : AnswerBook
    doorkeeper : Doorkeeper
    sentences : Sentences
    playbook : Playbook
    model_of : callable
        Returns what is known of the model of a run.
    full_row : callable
        Returns a lead's row with up to five reasons a side, the row itself where that cannot be made.
    clock : callable
        Returns the time (UTC).
    read_at : datetime, optional
        When an older extract was read: the agreement is held against that day.
    time : BusinessTime, optional
        Counts until when a reply is due; the agreement's calendar without further holidays where it is not given.
    """

    settings: DeskSettings
    agreement: Agreement
    nights: Nights
    answers: AnswerBook
    doorkeeper: Doorkeeper
    sentences: Sentences
    playbook: Playbook
    model_of: Callable[[RunFile], Model]
    full_row: Callable[[RunFile, Row], Row]
    clock: Callable[[], datetime]
    read_at: datetime | None = None
    time: BusinessTime | None = None

    @property
    def challenges(self) -> ChallengeLog:
        """Challenges and replies, kept beside the answers."""
        return ChallengeLog(self.answers.path)

    def reply_clock(self) -> ReplyClock:
        """Return until when replies are due."""
        time = self.time or BusinessTime(self.agreement.calendar)
        return ReplyClock(agreement=self.agreement, time=time, now=self.clock())

    def followed(self, tonight: Tonight | None) -> FollowedAnswers:
        """Return what followed sales' rejections, as of the newest whole night."""
        return FollowedAnswers.read(None if tonight is None else tonight.runs[0].followed)

    def agreement_standing(self) -> str:
        """Return what is wrong with the agreement today; empty where it is signed, in force and not past its review."""
        return standing_in_words(self.agreement, self.read_at or self.clock())

    def now_us(self) -> int:
        """Return the time in microseconds since 1970."""
        return int(self.clock().timestamp() * 1_000_000)

    def answered(self, visitor: Visitor | None = None) -> Answered:
        """Return which leads were answered, and how, and to which challenges ``visitor`` must reply."""
        latest = self.answers.latest()
        kinds: dict[str, set[str]] = {"accepted": set(), "rejected": set()}
        for lead_id, answer in latest.items():
            kinds[str(answer.decision)].add(lead_id)
        return Answered(
            by_kind={
                **{kind: frozenset(ids) for kind, ids in kinds.items()},
                "disagreed": frozenset(self.answers.disagreements()),
            },
            to_reply=frozenset(one.lead_id for one in self.waiting(visitor)),
        )

    def waiting(self, visitor: Visitor | None) -> tuple[Challenge, ...]:
        """Return the challenges without a reply that somebody must reply to."""
        sides = () if visitor is None else visitor.sides
        return tuple(one for one in self.challenges.all() if one.reply is None and one.replies in sides)

    def row_for(self, visitor: Visitor, lead_id: str) -> tuple[Tonight, RunFile, Row] | None:
        """Return a lead's row of tonight; None where there is none or the visitor may not see it."""
        tonight = self.nights.tonight()
        run = tonight.run_of(lead_id) if tonight is not None else None
        row = read_row(run, lead_id) if run is not None else None
        if tonight is None or run is None or row is None:
            return None
        return None if visitor.owner is not None and row["owner"] != visitor.owner else (tonight, run, row)

    def card(self, tonight: Tonight, run: RunFile, row: Row) -> Card:
        """Make the card of a lead."""
        model = self.model_of(run)
        row = self.full_row(run, row)
        amounts = {part["family"]: part["contribution"] for part in row["contributions"] or ()}
        beside = Beside(
            similar=model.similar(amounts) if row["tier"] is not None else (),
            history=tonight.points(row["lead_id"]),
            steps=steps_for(row, self.playbook, stop=read_records(run, row["lead_id"]).get("stop")),
            moved="" if run.moves is None else moved_sentence(run.moves, row["lead_id"]),
            deadline=deadline_of(run.deadlines, row["lead_id"], now=self.read_at or self.clock()),
        )
        return card_of(row, model.agreement, model.standing, self.sentences, beside)
