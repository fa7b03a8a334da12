"""``reports/evaluation.html``: a first page for a head of sales, then the proof for a statistician, in one file that opens offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadq.agreement.schema import Agreement
from leadq.features.leak_checks.table import CheckRow
from leadq.foundation.html_page import page_environment
from leadq.models.bundle.bundle import Bundle
from leadq.models.evaluation.stability import Stability
from leadq.pipelines.report import proof_drawings as drawn
from leadq.pipelines.report import proof_tables as proof
from leadq.pipelines.report.figure_words import percent
from leadq.pipelines.report.figures import Held, rival_auc
from leadq.pipelines.report.sales_words import first_page
from leadq.serving.words.sentences import Sentences, read_sentences

KINDS = {"booster": "Gradient-boosted trees, calibrated", "base_rate": "Base rate"}


def render_evaluation(
    bundle: Bundle,
    agreement: Agreement,
    held: Held | None,
    *,
    cannot: Sequence[str],
    checks: Sequence[CheckRow],
    reasons: Mapping[str, Any] | None = None,
    sentences: Sentences | None = None,
    outcome: str = "",
    standing: str = "",
    doubts: Sequence[str] = (),
) -> str:
    """Render the page; whatever comes from the data is escaped.

    Parameters
    ----------
    bundle : Bundle
    agreement : Agreement
    held : Held or None
        None where nothing could be held out.
    cannot : sequence of str
        What the data cannot show.
    checks : sequence of CheckRow
    reasons : mapping, optional
        :func:`leadq.pipelines.report.reasons.page_parts`; none where there are no reasons.
    sentences : Sentences, optional
        The company's own catalogue.
    outcome : str
        Which column and words the outcomes are; empty where that is not known.
    standing : str
        What is wrong with the agreement on the day of the report; empty where it is signed and in force.
    doubts : sequence of str
        What is under suspicion and could spoil the verdict, in sentences.
    """
    page = page_environment("leadq.pipelines.report").get_template("evaluation.html.j2")
    return page.render(
        version=bundle.version,
        kind=KINDS[bundle.kind],
        read_at=str(bundle.trained.get("read_at", ""))[:16].replace("T", " "),
        agreement_version=bundle.trained.get("agreement_version", ""),
        words=bundle.evaluation["words"],
        first=first_page(bundle, agreement, held),
        cannot=cannot,
        moments=proof.moments_table(bundle),
        calibration=proof.calibration_table(bundle),
        rivals=drawn.rivals_forest(bundle),
        checks=proof.checks_table(checks),
        quarantined=sorted(bundle.catalogue.quarantined.items()),
        settings=proof.settings_table(bundle),
        reasons=reasons,
        outcome=outcome,
        standing=standing,
        doubts=doubts,
        **(_NOTHING_HELD if held is None else _of(held, bundle, sentences or read_sentences())),
    )


_HELD_PARTS = ("periods", "curves", "decomposition", "gains_curve", "lift", "segments", "segments_forest", "selections")
_MORE_PARTS = ("selected_at", "absent", "stability", "strongest", "moved", "ranking", "anchor_words")
_NOTHING_HELD: dict[str, Any] = dict.fromkeys((*_HELD_PARTS, *_MORE_PARTS))


def _of(held: Held, bundle: Bundle, sentences: Sentences) -> dict[str, Any]:
    return {
        "periods": proof.periods_table(held.periods, dated=bool(bundle.evaluation.get("dated", True))),
        "anchor_words": (
            "The model is anchored on recent leads."
            if any(one.anchored for one in held.periods)
            else "The model is not anchored on recent leads."
        ),
        "curves": [drawn.reliability_drawing(one) for one in held.curves],
        "decomposition": proof.decomposition_table(held.curves),
        "gains_curve": drawn.gains_drawing(held),
        "lift": proof.lift_table(held),
        "segments": proof.segments_table(held),
        "segments_forest": drawn.segments_forest(held),
        "selections": proof.selections_table(held) if held.selections else None,
        "selected_at": percent(held.selected_at, 0),
        "absent": held.absent,
        "stability": held.stability,
        "strongest": strongest_words(held.stability, sentences) if held.stability else None,
        "moved": proof.moved_table(held.stability) if held.stability else None,
        "ranking": ranking_words(held),
    }


def strongest_words(found: Stability, sentences: Sentences) -> str:
    """Say which families moved scores most under the earlier fit and under the later one."""
    label = sentences.family_label
    before, after = (
        ", ".join(label(family) for family in one) for one in (found.strongest_before, found.strongest_after)
    )
    return before if before == after else f"{before} in the earlier fit, {after} in the later one"


def ranking_words(held: Held) -> str:
    """Say how the rivals rank at hand-off."""
    named = {"points": "the points score", "logistic": "the logistic regression"}
    told = [
        f"{rival_auc(held.judged, rival):.3f} for {named[rival]} (model minus rival: {gain.mean:+.3f}, {gain.low:+.3f} to {gain.high:+.3f})"
        for rival, gain in held.ranking.items()
    ]
    return (
        f"AUC at hand-off: {rival_auc(held.judged, 'probability'):.3f} for the model, {' and '.join(told)}."
        if told
        else ""
    )
