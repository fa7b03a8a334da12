"""What is the same for every lead of a scoring run, and what each thread of it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from leadq.agreement.schema import Agreement
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.serving.scoring.changes.previous_facts import PreviousFacts
from leadq.serving.scoring.changes.previous_scores import PreviousScores
from leadq.serving.scoring.changes.score_reuse import PreviousStates, StateMaker
from leadq.serving.scoring.model_input import require_agreement
from leadq.serving.scoring.reasons.fact_sentences import FactBook
from leadq.serving.scoring.reasons.missing_facts import Unknowns
from leadq.serving.scoring.reasons.reason_choice import HeldBack, ReasonMaker
from leadq.serving.words.sentences import Sentences, read_sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRun:
    """What is the same for every row of a run.

    Parameters
    ----------
    bundle : Bundle
    agreement : Agreement
    as_of, scored_at : datetime
        Moment the leads are looked at, and the run's persisted time (UTC).
    run_id, snapshot_id : str
        Reproduce the scores exactly.
    previous : PreviousScores or None
        Earlier score tables; None on the first night.
    sentences : Sentences
    threads : int
        Of the booster; results do not depend on it.
    previous_facts : PreviousFacts or None
        With ``previous``: what was known of leads that another model scored.
    previous_states : PreviousStates or None
        With ``previous``: leads in the state of that night keep its scores.
    keep_states : bool
        Keep tonight's states for the next night.
    held_back : HeldBack
        Counted up while scoring.
    """

    bundle: Bundle
    agreement: Agreement
    as_of: datetime
    scored_at: datetime
    run_id: str
    snapshot_id: str | None = None
    previous: PreviousScores | None = None
    sentences: Sentences = field(default_factory=read_sentences)
    threads: int = 1
    previous_facts: PreviousFacts | None = None
    previous_states: PreviousStates | None = None
    keep_states: bool = False
    held_back: HeldBack = field(default_factory=HeldBack)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringKit:
    """What scoring a batch needs, made once for a thread of a run."""

    run: ScoringRun
    scorer: MatrixScorer
    book: FactBook
    reasons: ReasonMaker
    unknowns: Unknowns
    states: StateMaker | None

    @staticmethod
    def of(run: ScoringRun, scorer: MatrixScorer | None = None) -> ScoringKit:
        """Make a kit; a scorer can be shared, sentences are kept by each thread.

        Raises
        ------
        BundleError
            The bundle was made under other promises, or is not explained as LightGBM explains it.
        """
        require_agreement(run.bundle, run.agreement)
        wordings = run.sentences.wordings(run.bundle.catalogue)
        book = FactBook(wordings=wordings, evidence=run.bundle.evidence, sentences=run.sentences)
        return ScoringKit(
            run=run,
            scorer=scorer or MatrixScorer(run.bundle, threads=run.threads),
            book=book,
            reasons=ReasonMaker(run.bundle.catalogue.families, book),
            unknowns=Unknowns.choose(wordings, run.bundle.reference.mean_absolute, run.sentences),
            states=StateMaker(run.bundle) if run.keep_states else None,
        )
