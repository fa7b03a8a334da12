"""The model card: one page a version, for whoever has to answer for it later, as Markdown and as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from leadq.agreement.schema import Agreement
from leadq.agreement.signing.standing import signed_in_words
from leadq.crm.reading.values.kept_readings import reading_in_words
from leadq.foundation.html_page import page_environment
from leadq.foundation.plurals import counted
from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.report.figure_words import number, p_words, percent
from leadq.pipelines.report.figures import Held
from leadq.pipelines.report.sales_words import LIGHTS, meaning_of
from leadq.serving.words.sentences import Sentences, read_sentences

PROMOTION = "## Promotion"
NOT_PROMOTED = "Not promoted so far."


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One heading with its sentences and, perhaps, a table (the first row is its head)."""

    title: str
    sentences: tuple[str, ...]
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A model card.

    Parameters
    ----------
    version : str
    sections : tuple of Section
    """

    version: str
    sections: tuple[Section, ...]

    def to_markdown(self) -> str:
        """Return the card as Markdown; text from the data cannot become markup."""
        parts = [f"# Model card {self.version}"]
        for section in self.sections:
            parts.append(f"## {section.title}")
            parts += [plain(section.sentences[0])] if len(section.sentences) == 1 else []
            parts += ["\n".join(f"- {plain(one)}" for one in section.sentences)] if len(section.sentences) > 1 else []
            if section.table:
                head, *rows = section.table
                lines = [head, ["---"] * len(head), *rows]
                parts.append(
                    "\n".join(
                        f"| {' | '.join(plain(cell) if cell != '---' else cell for cell in line)} |" for line in lines
                    )
                )
        return "\n\n".join([*parts, PROMOTION, NOT_PROMOTED]) + "\n"

    def to_html(self) -> str:
        """Return the card as one HTML page."""
        return page_environment("leadq.pipelines.report").get_template("model_card.html.j2").render(card=self) + "\n"


def plain(text: str) -> str:
    """Text as Markdown that cannot become markup."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def make_card(
    bundle: Bundle,
    agreement: Agreement,
    held: Held | None,
    *,
    span: tuple[str, str] | None,
    cannot: Sequence[str],
    sentences: Sentences | None = None,
    outcome: str = "",
    standing: str = "",
    doubts: Sequence[str] = (),
) -> Card:
    """Write the card of a bundle.

    Parameters
    ----------
    bundle : Bundle
    agreement : Agreement
    held : Held or None
    span : tuple of str or None
        Days on which the first and the last lead it learnt from were created; None for a source without dates.
    cannot : sequence of str
        What the data cannot show.
    sentences : Sentences, optional
        The company's own catalogue.
    outcome : str
        Which column and words the outcomes are; empty where that is not known.
    standing : str
        What is wrong with the agreement on the day of the card; empty where it is signed and in force.
    doubts : sequence of str
        What is under suspicion and could spoil the verdict, in sentences.
    """
    sections = (
        _identity(bundle, agreement, standing),
        _use(bundle, agreement),
        _learnt(bundle, span, sentences or read_sentences(), outcome),
        _shown(bundle, doubts),
        _tiers(bundle),
        _sensitive(held),
        _left_out(bundle),
        Section(title="Limits", sentences=(*_LIMITS, *cannot)),
    )
    return Card(version=bundle.version, sections=sections)


_LIMITS = (
    "It says nothing about leads that nobody works. Only working some of them at random would show whether they can be won.",
    "It is valid as long as leads are found and worked as in the training data. The quarterly review shows when that changes.",
    "Reasons say what moved the score, not what would change the outcome.",
)


def _identity(bundle: Bundle, agreement: Agreement, standing: str) -> Section:
    trained = bundle.trained
    kind = "the base rate: every lead gets the average win rate"
    if bundle.kind == "booster":
        kind = "gradient-boosted trees with a calibrated probability"
    data = f"Data read {str(trained.get('read_at', ''))[:16]}, identity {trained.get('history_sha256', 'not known')}"
    agreed = f"Agreement version {trained.get('agreement_version', '')} ({trained.get('agreement_sha256', '')})"
    return Section(
        title="What it is",
        sentences=(
            f"Version {bundle.version}: {kind}.",
            f"{data}, seed {trained.get('seed', '')}.",
            reading_in_words(bundle.reading),
            f"{agreed}, signed by {signed_in_words(agreement)}.",
            *([standing] if standing else []),
            *_plug_ins(bundle),
        ),
    )


def _plug_ins(bundle: Bundle) -> tuple[str, ...]:
    brought = [f"{one.name} ({one.package})" for one in bundle.catalogue.needed_plug_ins]
    return (f"It needs feature groups of other packages: {', '.join(brought)}.",) if brought else ()


def _use(bundle: Bundle, agreement: Agreement) -> Section:
    ages = bundle.catalogue.ages_days
    too_old, within = "", ""
    if bundle.evaluation.get("dated", True):
        too_old = f" A lead older than {counted(ages[-1], 'day')} is not scored."
        within = f" within {counted(bundle.catalogue.horizon_days, 'day')} of the moment a lead is scored"
    return Section(
        title="Intended use",
        sentences=(
            "To decide which leads sales works first, and to predict the win rate of each tier. "
            f"{meaning_of(bundle, agreement)}",
            f"{_population(bundle)}{too_old}",
            f"Outcome: {agreement.outcome.event}{within}.",
            "Not for decisions about a person (credit, employment, insurance, price), and not for judging salespeople.",
        ),
    )


def _population(bundle: Bundle) -> str:
    if not bundle.trained.get("touches_recorded", True):
        return "Population: all leads. It is not recorded which of them sales worked, so a lead that nobody called counts as not won."
    return (
        "Population: leads that sales works in time, the way it works leads today. Leads that were never worked are not in the "
        "training data."
    )


def _learnt(bundle: Bundle, span: tuple[str, str] | None, said: Sentences, outcome: str) -> Section:
    trained = bundle.trained
    order = "in the order of the rows" if bundle.evaluation.get("order_is_time", True) else "in a random order"
    when = f", created {span[0]} to {span[1]}" if span else f", {order} (no dates)"
    leads, rows = counted(trained.get("leads", 0), "lead"), counted(trained.get("rows", 0), "row")
    counts = f"{leads}{when}: {rows} (each lead at several ages), {trained.get('wins', 0):,} of them won."
    features = (
        f"{counted(len(bundle.catalogue.features), 'feature')} in {counted(len(bundle.catalogue.families), 'family')}."
    )
    told = (outcome,) if outcome else ()
    return Section(title="Training data", sentences=(counts, *told, features, *_strongest(bundle, said)))


def _strongest(bundle: Bundle, said: Sentences) -> tuple[str, ...]:
    weight: dict[str, float] = {}
    for feature, moved in zip(bundle.catalogue.features, bundle.reference.mean_absolute, strict=True):
        weight[feature.family] = weight.get(feature.family, 0.0) + moved
    total = sum(weight.values())
    if not total:
        return ()
    label = said.family_label
    top = sorted(weight.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
    return (
        f"What moves the scores most: {', '.join(f'{label(name)} ({100 * moved / total:.0f} %)' for name, moved in top)}.",
    )


def _shown(bundle: Bundle, doubts: Sequence[str]) -> Section:
    head = ("Moment", "Leads", "Won", "Predicted", "AUC", "Log-loss below base rate", "Slope", "p, calibration test")
    rows = [head]
    for one in bundle.evaluation["moments"]:
        test = one["calibration"]
        slope, p_value = ("", "") if test is None else (number(test["slope"], 2), p_words(test["p_value"]))
        rates = (percent(one["observed_rate"]), percent(one["mean_probability"]))
        gain = f"{one['improvement_percent']:.1f} %"
        rows.append((str(one["moment"]), f"{one['n']:,}", *rates, number(one["auc"]), gain, slope, p_value))
    words = (*doubts, *bundle.evaluation["words"][:3])
    return Section(title="How well it works", sentences=words, table=tuple(rows) if len(rows) > 1 else ())


def _tiers(bundle: Bundle) -> Section:
    rows = [("Tier", "Promised", "Actual", "90 % interval", "Leads", "Light", "Offered from")]
    for tier in bundle.tiers:
        spread = "" if tier.rate_low is None else f"{percent(tier.rate_low)} to {percent(tier.rate_high)}"
        cut = "not offered" if tier.cut is None else percent(tier.cut)
        light = f"{tier.light} ({LIGHTS[tier.light][1]})"
        rows.append(
            (tier.tier_id, percent(tier.promise), percent(tier.observed_rate), spread, f"{tier.n:,}", light, cut)
        )
    why = tuple(tier.why for tier in bundle.tiers if not tier.offered)
    return Section(title="Tiers and promises", sentences=why, table=tuple(rows) if len(rows) > 1 else ())


def _sensitive(held: Held | None) -> Section:
    found = () if held is None else held.selections
    if not found:
        return Section(
            title="Sensitive groups",
            sentences=("No sensitive field was named, or there was not enough data on one.",),
        )
    below = [f"{one.field} {one.value}" for one in found if one.below_four_fifths]
    words = f"Groups that reach a promised tier less than four fifths as often as the most frequent group: {', '.join(below) or 'none'}."
    rows = [("Field", "Group", "Leads", "Selected", "Won", "Impact ratio")]
    rows += [
        (one.field, one.value, f"{one.n:,}", percent(one.selected), percent(one.won), number(one.ratio, 2))
        for one in found
    ]
    return Section(title="Sensitive groups", sentences=(words,), table=tuple(rows))


def _left_out(bundle: Bundle) -> Section:
    found = sorted(bundle.catalogue.quarantined.items())
    return Section(title="Fields left out", sentences=tuple(f"{name}: {why}" for name, why in found) or ("None.",))
