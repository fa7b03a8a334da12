"""What a comparison of champion and challenger found, as data, in words and on disk.

It lies beside the challenger in the store, no part of its bundle, so that promoting later needs no data. It is made in
``champion_comparison.py``; what follows from it is ``promotion_gate.py``'s matter.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from leadq.foundation.atomic_files import write_text
from leadq.foundation.plurals import counted
from leadq.models.evaluation.paired_bootstrap import Difference, Gain
from leadq.models.tiers.tier_migration import Migration

USUAL_SHARE = 0.2
"""Share of the leads counted as worked where no capacity was agreed."""

EvidenceKind = Literal["shadow", "held-out", "shared", "none"]
_EVIDENCE_WORDS = {
    "shadow": ("lead that both scored on the same nights", "leads that both scored on the same nights"),
    "held-out": ("lead that neither had learnt from", "leads that neither had learnt from"),
    "shared": ("lead that both had held out", "leads that both had held out"),
    "none": ("lead", "leads"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two bundles on the same leads; differences are challenger minus champion.

    Parameters
    ----------
    champion, challenger : str
        Versions.
    evidence : {"shadow", "held-out", "shared", "none"}
    n, wins : int
    log_loss : Difference or None
        Nats; below 0 the challenger is better. None where nothing can be compared.
    auc, captured : Gain or None
        ``captured``: share of all wins among the best ``share`` of the leads; above 0 the challenger is better.
    share : float
        What sales has capacity for.
    tiers, moved : tuple of str; tuple of tuples of int
        Tier migration by each model's own cuts: rows the champion's tier, columns the challenger's.
    why_not : str
        Why weaker evidence was used, or none; empty for shadow.
    """

    champion: str
    challenger: str
    evidence: EvidenceKind
    n: int = 0
    wins: int = 0
    log_loss: Difference | None = None
    auc: Gain | None = None
    captured: Gain | None = None
    share: float = USUAL_SHARE
    tiers: tuple[str, ...] = ()
    moved: tuple[tuple[int, ...], ...] = ()
    why_not: str = ""

    @property
    def migration(self) -> Migration:
        """Who changes tier between champion and challenger."""
        size = len(self.tiers)
        return Migration(tiers=self.tiers, counts=np.array(self.moved, dtype=np.int64).reshape(size, size))

    @property
    def verdict(self) -> str:
        """What the challenger does, with the figures: ``"beats champion 3f2a9c81d07b on 900 leads ..."``."""
        if self.log_loss is None:
            return f"cannot be compared with champion {self.champion}: {self.why_not}"
        found = "beats" if self.log_loss.better else "is worse than" if self.log_loss.worse else "does not beat"
        leads = f"{counted(self.n, *_EVIDENCE_WORDS[self.evidence])} ({self.wins:,} won)"
        difference = self.log_loss
        return (
            f"{found} champion {self.champion} on {leads}: log-loss {difference.mean:+.4f} nats, 90 % interval"
            f" {difference.low:+.4f} to {difference.high:+.4f}"
        )

    def in_words(self) -> tuple[str, ...]:
        """Sentences for a report, the most important first."""
        words = [f"It {self.verdict}."]
        if self.log_loss is None:
            return tuple(words)
        if self.auc is not None:
            words.append(f"AUC {_signed(self.auc, 3)}.")
        if self.captured is not None:
            words.append(
                f"Share of all wins among the best {100 * self.share:.0f} % of the leads: {_signed(self.captured, 3)}."
            )
        churn = 100 * self.migration.churn
        words.append(f"{churn:.0f} % of these leads would change tier (18 to 20 % is normal after a new training).")
        return tuple(words)

    def to_json(self) -> str:
        """Text of the comparison, stable byte for byte."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    @staticmethod
    def from_json(text: str) -> Comparison:
        """Read what :meth:`to_json` wrote."""
        document: dict[str, Any] = json.loads(text)
        for name, kind in (("log_loss", Difference), ("auc", Gain), ("captured", Gain)):
            document[name] = None if document[name] is None else kind(**document[name])
        document["tiers"] = tuple(document["tiers"])
        document["moved"] = tuple(tuple(row) for row in document["moved"])
        return Comparison(**document)


def _signed(gain: Gain, digits: int) -> str:
    return f"{gain.mean:+.{digits}f} (90 % interval {gain.low:+.{digits}f} to {gain.high:+.{digits}f})"


def comparison_path(models_folder: Path, challenger: str) -> Path:
    """Where a challenger's comparison lies: beside its bundle, so that keeping the bundle again leaves it."""
    return models_folder / f"{challenger}.comparison.json"


def keep_comparison(comparison: Comparison, models_folder: Path) -> None:
    """Write the comparison beside the challenger's bundle."""
    write_text(comparison_path(models_folder, comparison.challenger), comparison.to_json())


def read_comparison(models_folder: Path, *, challenger: str, champion: str) -> Comparison | None:
    """Read the comparison of these two; None where there is none, it is damaged, or it was with another champion."""
    path = comparison_path(models_folder, challenger)
    try:
        found = Comparison.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it can be made again
    return found if (found.challenger, found.champion) == (challenger, champion) else None
