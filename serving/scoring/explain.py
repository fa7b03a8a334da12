"""One row of the score table in words, and as plain data for machines.

Reads only the row, the agreement and the bundle, so any past score is explained as it was said then. In words everything is in
per cent and percentage points; log-odds stay in the data. Left out: similar leads and playbook steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from agreement.problems import Problem, UsageError
from agreement.schema import BY_MODEL, DISQUALIFIED, Agreement
from models.bundle import Bundle
from serving.scoring.changed import BASE_FAMILY
from serving.words.points import in_points, probability_of, rounded_to_sum
from serving.words.sentences import Sentences, read_sentences
from serving.words.text import capitalised, chance, clean, words

Row = Mapping[str, Any]

_NOT_SCORED = {
    "no date": "it has no usable creation date; add it and it is scored the next night",
    "too old": "it is older than any lead whose outcome the history shows",
}


_LISTED = 12  # families in the table that adds up; the rest is one line


def read_row(path: Path, lead_id: str) -> dict[str, Any]:
    """Return a lead's row of a score table.

    Raises
    ------
    UsageError
        The table has no such lead.
    """
    rows = ds.dataset(path, format="parquet").to_table(filter=ds.field("lead_id") == lead_id).to_pylist()
    if not rows:
        raise UsageError(
            Problem(
                where=str(path),
                rule="must hold the lead to explain",
                value=clean(lead_id),
                remedy="Check the id; a lead that was closed on that date has no score.",
            )
        )
    row: dict[str, Any] = rows[0]
    return row


def explain_row(row: Row, agreement: Agreement, bundle: Bundle, *, sentences: Sentences | None = None) -> str:
    """Say a score in words: chance, tier, reasons, what is missing, what changed, and parts that add up.

    Parameters
    ----------
    row : mapping
        A row of :data:`crm.schemas.SCORES` as Python values.
    agreement : Agreement
    bundle : Bundle
        The model that made the score.
    sentences : Sentences, optional
        The company's own catalogue.
    """
    said = sentences or read_sentences()
    lines = [f"Lead {clean(row['lead_id'], 80)}, as of {_moment(row['as_of'])}"]
    if row["status"] != "scored":
        reason = row["status_reason"] or "no reason recorded"
        lines.append(f"Not scored: {_NOT_SCORED.get(reason, clean(reason, 80))}.")
        return "\n".join(lines) + "\n"
    if row["tier"] is None:
        lines += _without_model(row)
    else:
        lines += [_chance_line(row, bundle), *_tier_lines(row, agreement, bundle)]
        lines += _reason_lines("Speaks for it:", row["reasons_for"], said)
        lines += _reason_lines("Speaks against it:", row["reasons_against"], said)
        if row["unknowns"]:
            lines += ["", "Worth adding:", *(f"  {unknown}" for unknown in row["unknowns"])]
        lines += _changed_lines(row, said)
        lines += _parts_table(row, said)
        lines += [
            "",
            "Families and facts that are not listed count too. Reasons describe such leads; they are no causes.",
        ]
    lines += ["", f"Model {row['model_version']}, agreement version {row['agreement_version']}, run {row['run_id']}"]
    return "\n".join(lines) + "\n"


def explain_document(row: Row, agreement: Agreement, bundle: Bundle) -> dict[str, Any]:
    """Return the whole row for JSON, with what the words add: the chance, the promise, parts in percentage points."""
    document: dict[str, Any] = {name: _plain(value) for name, value in row.items()}
    if row["status"] == "scored":
        document["chance"] = chance(row["probability"])
        document["base_probability"] = probability_of(row["base"])
        document["promise"] = _promise(row["tier"], agreement)
        document["tier_offered"] = {cut.tier_id: {"offered": cut.offered, "why": cut.why} for cut in bundle.tiers}
        amounts = [part["contribution"] for part in row["contributions"] or ()]
        points = in_points(row["probability"], row["base"], amounts)
        document["points"] = {
            part["family"]: point for part, point in zip(row["contributions"] or (), points, strict=True)
        }
    return document


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _percent(probability: float) -> str:
    return f"{probability * 100:.1f} %"


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _chance_line(row: Row, bundle: Bundle) -> str:
    overall = bundle.evidence.wins / bundle.evidence.n if bundle.evidence.n else probability_of(row["base"])
    return (
        f"{capitalised(chance(row['probability']))} leads like this are won within {row['horizon_days']} days "
        f"({_percent(row['probability'])}; overall {_percent(overall)} are won)."
    )


def _without_model(row: Row) -> list[str]:
    return [
        f"{capitalised(chance(row['probability']))} leads are won within {row['horizon_days']} days "
        f"({_percent(row['probability'])}). This is the win rate of all leads: no model has proved better,",
        "so there is no tier and there are no reasons.",
    ]


def _promise(tier: str | None, agreement: Agreement) -> float | None:
    found = next((one for one in agreement.tiers if one.id == tier), None)
    return None if found is None or found.promise is None else found.promise.win_rate_at_least


def _tier_lines(row: Row, agreement: Agreement, bundle: Bundle) -> list[str]:
    tier = next((one for one in agreement.tiers if one.id == row["tier"]), None)
    name = "Disqualified" if row["tier"] == DISQUALIFIED else f"Tier {row['tier']}"
    if tier is not None:
        promise = _promise(tier.id, agreement)
        name += f" ({clean(tier.label)}; " + (
            "no promise" if promise is None else f"promise: at least {promise * 100:.3g} % are won"
        )
        name += ")"
    by_rule = row["tier_by"] != BY_MODEL
    decided = (
        f"by the agreed rule {words(row['tier_by'])!r}; the model alone says {row['model_tier']}"
        if by_rule
        else "by the model"
    )
    lines = [f"{name}, {decided}."]
    lines += [f"{capitalised(cut.why)}." for cut in bundle.tiers if not cut.offered and cut.why]
    if tier is not None and tier.action:
        lines.append(f"Agreed next step ({clean(tier.owner)}): {clean(tier.action, 80)}.")
    if row["tier_at_handoff"] is not None:
        lines.append(f"Tier when it was handed to sales: {row['tier_at_handoff']}.")
    return lines


def _reason_lines(heading: str, reasons: list[dict[str, Any]] | None, said: Sentences) -> list[str]:
    if not reasons:
        return []
    return ["", heading, *(f"  {said.strength(reason['strength']):<9} {reason['sentence']}" for reason in reasons)]


def _changed_lines(row: Row, said: Sentences) -> list[str]:
    if row["previous_probability"] is None:
        return []
    moved = (row["probability"] - row["previous_probability"]) * 100
    line = f"Since the last score: {_percent(row['previous_probability'])} then, {_percent(row['probability'])} now"
    changes = row["changed"] or []
    total = sum(change[cause] for change in changes for cause in ("lead", "model", "anchor"))
    if not changes or abs(moved) < 0.05 or not total:
        return ["", f"{line}."]
    causes = {"lead": "the lead itself", "model": "a new model", "anchor": "new overall win rates"}
    parts = {cause: sum(change[cause] for change in changes) * moved / total for cause in causes}
    told = [f"{causes[cause]} {part:+.1f}" for cause, part in parts.items() if abs(part) >= 0.05]
    named = [said.family_label(change["family"]) for change in changes[:3] if change["family"] != BASE_FAMILY]
    lines = ["", f"{line} (points: {', '.join(told)})."]
    return [*lines, f"  Most of it lies in: {', '.join(named)}."] if named else lines


def _parts_table(row: Row, said: Sentences) -> Iterator[str]:
    parts = sorted(row["contributions"] or (), key=lambda part: -abs(part["contribution"]))
    points = in_points(row["probability"], row["base"], [part["contribution"] for part in parts])
    base, now = probability_of(row["base"]) * 100, row["probability"] * 100
    shown = rounded_to_sum(points, round(now, 1) - round(base, 1))
    yield from ("", "How the figure adds up (percentage points):")
    yield f"  {'typical lead':<44} {base:7.1f}"
    listed = sum(1 for point in shown[:_LISTED] if point)
    for part, point in zip(parts[:listed], shown[:listed], strict=True):
        yield f"  {said.family_label(part['family']):<44.44} {point:+7.1f}"
    if rest := len(parts) - listed:
        yield f"  {f'{rest} more, together':<44} {sum(shown[listed:]):+7.1f}"
    yield f"  {'this lead':<44} {now:7.1f}"
