"""Tonight's tiers as a short table, out of what :func:`leadq.serving.scoring.table.score_table_file.finish_scores` counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadq.agreement.schema import DISQUALIFIED, Agreement
from leadq.foundation.plurals import counted
from leadq.serving.words.text import words


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """One line of the table; rates in [0, 1], ``expected_wins`` is the sum of probabilities."""

    tier: str
    label: str
    leads: int
    share: float
    mean_probability: float | None
    expected_wins: float | None
    promised: float | None


def tier_rows(written: Mapping[str, Any], agreement: Agreement) -> tuple[TierRow, ...]:
    """Return one line per agreed tier, best first, then disqualified, without tier, not scored and rejected where there are any.

    Parameters
    ----------
    written : mapping
        What ``finish_scores`` returned.
    agreement : Agreement
    """
    counts: Mapping[str, int] = written["counts"]["tier"]
    sums: Mapping[str, float] = written["probability_sums"]
    total = max(int(written["rows"]), 1)
    scored = int(written["counts"]["status"].get("scored", 0))

    def line(tier: str, label: str, leads: int, wins: float | None, promised: float | None = None) -> TierRow:
        mean = None if wins is None or not leads else wins / leads
        return TierRow(
            tier=tier,
            label=label,
            leads=leads,
            share=leads / total,
            mean_probability=mean,
            expected_wins=wins,
            promised=promised,
        )

    rows = [
        line(
            tier.id,
            tier.label,
            counts.get(tier.id, 0),
            sums.get(tier.id, 0.0),
            tier.promise.win_rate_at_least if tier.promise else None,
        )
        for tier in agreement.tiers
    ]
    if counts.get(DISQUALIFIED):
        rows.append(line(DISQUALIFIED, "by agreed rules", counts[DISQUALIFIED], sums.get(DISQUALIFIED, 0.0)))
    if without := scored - sum(counts.values()):
        rows.append(line("no tier", "base rate only", without, written["probability_sum"] - sum(sums.values())))
    reasons = written["counts"]["status_reason"]
    rows += [line("not scored", reason, leads, None) for reason, leads in reasons.items()]
    rows += [
        line("rejected", words(reason), leads, None) for reason, leads in written["counts"].get("rejected", {}).items()
    ]
    return tuple(rows)


def summary_text(rows: Sequence[TierRow]) -> str:
    """Return the table as text, a line a tier."""
    head = f"{'tier':<13} {'':<18} {'leads':>9} {'share':>7} {'promised':>9} {'expected':>9} {'wins':>8}"
    lines = [head, "-" * len(head)]
    for row in rows:
        promised = "" if row.promised is None else f">= {row.promised * 100:.3g} %"
        mean = "" if row.mean_probability is None else f"{row.mean_probability * 100:.1f} %"
        wins = "" if row.expected_wins is None else f"{row.expected_wins:,.0f}"
        lines.append(
            f"{row.tier:<13.13} {row.label:<18.18} {row.leads:>9,} {row.share * 100:>5.1f} % {promised:>9} {mean:>9} {wins:>8}"
        )
    return "\n".join(lines) + "\n"


def moves_text(moves: Mapping[str, Any]) -> str:
    """Return a line of what :func:`leadq.serving.scoring.changes.tier_moves.write_moves` counted."""
    said = {"lead": "the lead itself", "model": "a new model", "anchor": "new win rates", "rule": "agreed rules"}
    causes = [f"{leads:,} because of {said.get(cause, 'the agreement')}" for cause, leads in moves["causes"].items()]
    leads = counted(moves["rows"], "lead")
    return (
        f"Changed tier since the last score: {leads}, {moves['up']:,} up, {moves['down']:,} down ({', '.join(causes)})"
    )
