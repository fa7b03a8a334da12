"""Leads that are in another tier than the night before, each with its cause and one sentence.

Made from the finished score table and the tables it compares with, a row group at a time, so that only moves are kept in memory and any
engine's table gives the same. A rule that decides speaks first, then the agreement, then what moved the score. Left out: who is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.agreement.decide import model_tiers
from leadq.agreement.schema import BY_MODEL, DISQUALIFIED, Agreement
from leadq.crm.contract.score_table import MOVES
from leadq.foundation.atomic_files import new_file
from leadq.serving.scoring.changes.previous_scores import A_NIGHT_APART, PreviousScores
from leadq.serving.words.score_change import TREND_FROM
from leadq.serving.words.sentences import Sentences

_BEFORE = ("lead_id", "as_of", "tier", "tier_by", "model_version", "agreement_version")
_NOW = (
    *("lead_id", "owner", "as_of", "tier", "tier_by", "model_tier", "probability", "previous_probability"),
    *("changed", "model_version", "agreement_version", "run_id"),
    *(f"{side}.list.element.{part}" for side in ("reasons_for", "reasons_against") for part in ("family", "sentence")),
)
_CAUSE = {"rule_ended": "rule", "second_night": "lead", "lead_family": "lead"}
"""Cause of a text that is not named as its cause."""

Row = dict[str, Any]


def write_moves(
    table: Path,
    path: Path,
    *,
    previous: PreviousScores | None,
    agreement: Agreement,
    cuts: Mapping[str, float | None],
    sentences: Sentences,
) -> dict[str, Any]:
    """Write the moves of a run in the schema :data:`leadq.crm.contract.score_table.MOVES`, in order of ``lead_id``.

    Parameters
    ----------
    table : Path
        The finished score table.
    path : Path
        Replaced when all is written.
    previous : PreviousScores or None
        Without it nothing has moved.
    agreement : Agreement
    cuts : mapping of str to float or None
        Of the run's model, as :func:`leadq.agreement.decide.model_tiers` takes them.
    sentences : Sentences

    Returns
    -------
    dict
        For the run's manifest: ``rows``, ``up``, ``down``, and ``causes``.

    Raises
    ------
    StoreError
        The disk is full or not writable, or an earlier table is missing or damaged.
    """
    tiers = (*(tier.id for tier in agreement.tiers), DISQUALIFIED)
    teller = _Teller(tiers=tiers, agreement=agreement, cuts=cuts, said=sentences)
    rows, up, causes = 0, Counter[int](), Counter[str]()
    with (
        new_file(path) as partial,
        pq.ParquetWriter(partial, MOVES, compression="snappy", version="2.6", store_schema=False) as writer,
    ):
        for now, before in _moved(table, previous):
            moves = [teller.move(*pair) for pair in zip(now.to_pylist(), before.to_pylist(), strict=True)]
            writer.write_table(pa.Table.from_pylist(moves, MOVES))
            rows += len(moves)
            up.update(teller.direction(move["from_tier"], move["to_tier"]) for move in moves)
            causes.update(move["cause"] for move in moves)
    return {"rows": rows, "up": up[1], "down": up[-1], "causes": dict(sorted(causes.items()))}


def _moved(table: Path, previous: PreviousScores | None) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Yield the rows of leads that are in another tier, and the rows they are compared with."""
    if previous is None:
        return
    with pq.ParquetFile(table) as file:
        for group in range(file.metadata.num_row_groups):
            now = file.read_row_group(group, columns=["lead_id", "as_of", "tier"]).combine_chunks()
            if not now.num_rows:
                continue
            until = now["as_of"][0].as_py() - A_NIGHT_APART
            before = previous.rows(now["lead_id"].combine_chunks(), columns=_BEFORE, until=until)
            moved = pc.fill_null(pc.not_equal(now["tier"], before["tier"]), False)
            if pc.any(moved).as_py():
                yield file.read_row_group(group, columns=list(_NOW)).filter(moved), before.filter(moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Teller:
    """Says why a lead moved."""

    tiers: tuple[str, ...]
    agreement: Agreement
    cuts: Mapping[str, float | None]
    said: Sentences

    def direction(self, before: str, now: str) -> int:
        """Return 1 for up, -1 for down, 0 where a tier is not of this agreement."""
        if before not in self.tiers or now not in self.tiers:
            return 0
        return 1 if self.tiers.index(now) < self.tiers.index(before) else -1

    def move(self, now: Row, before: Row) -> Row:
        """Return a row of :data:`leadq.crm.contract.score_table.MOVES`."""
        why, family, fact = self._by_rules(now, before) or self._by_score(now, before)
        rule = {"rule": now["tier_by"], "rule_ended": before["tier_by"]}.get(why, "")
        version = now["agreement_version"]
        return {
            **{
                name: now[name]
                for name in ("lead_id", "owner", "as_of", "probability", "previous_probability", "run_id")
            },
            "previous_as_of": before["as_of"],
            "from_tier": before["tier"],
            "to_tier": now["tier"],
            "cause": _CAUSE.get(why, why),
            "family": family,
            "sentence": self.said.move(why, tier=now["tier"], fact=fact, rule=rule, version=version),
        }

    def _by_rules(self, now: Row, before: Row) -> tuple[str, None, str] | None:
        """Return what the agreement decided by itself; None where the score did."""
        by, by_before = now["tier_by"], before["tier_by"]
        direction = self.direction(before["tier"], now["tier"])
        known = {BY_MODEL, *(rule.id for rule in self.agreement.rules)}
        if direction == 0 or by_before not in known or (by == by_before != BY_MODEL):
            return "agreement", None, ""
        # a rule never lowers a tier but by disqualifying: where a lead falls, one that lifts it has only softened the fall
        if by != BY_MODEL and (now["tier"] == DISQUALIFIED or direction > 0):
            return "rule", None, ""
        if by_before != BY_MODEL and (before["tier"] == DISQUALIFIED or direction < 0):
            return "rule_ended", None, ""
        return None

    def _by_score(self, now: Row, before: Row) -> tuple[str, str | None, str]:
        """Return what moved the score, and of the lead the family that moved it most, with its fact."""
        direction = self.direction(before["tier"], now["tier"])
        changed = now["changed"] or []
        lead, model, anchor = (
            direction * sum(part[cause] for part in changed) for cause in ("lead", "model", "anchor")
        )
        if now["model_version"] != before["model_version"]:
            anchored = anchor != 0 and not any(part["model"] for part in changed)
            # another model has other cuts: a small change of the lead alone has not moved it
            if lead <= max(0.0 if anchored else TREND_FROM, model + anchor):
                return ("anchor" if anchored else "model"), None, ""
        elif now["agreement_version"] != before["agreement_version"]:
            if lead <= 0:
                return "agreement", None, ""
        elif lead <= 0 or (lead < TREND_FROM and self._was_held(now, direction)):
            return "second_night", None, ""
        family = max(changed, key=lambda part: direction * part["lead"])["family"]
        reasons = now["reasons_for" if direction > 0 else "reasons_against"] or []
        spoken = [self.said.fact_of(one["sentence"]) for one in reasons if one["family"] == family]
        if not spoken:
            return "lead_family", family, self.said.family_label(family)
        return "lead", family, spoken[0]

    def _was_held(self, now: Row, direction: int) -> bool:
        """Whether the probability before had earned tonight's tier already, and one night was not enough."""
        (earned,) = model_tiers([now["previous_probability"]], self.cuts, self.agreement)
        return direction * (self.tiers.index(now["model_tier"]) - self.tiers.index(earned)) >= 0
