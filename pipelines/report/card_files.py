"""Where model cards lie: ``models/<version>.card.md`` in the store, beside the bundle and not in it.

A bundle's files are what its version is the hash of, and who put it live is known only afterwards.
"""

from __future__ import annotations

from pathlib import Path

from leadq.foundation.atomic_files import write_text
from leadq.models.live.live_models import Standing, models_folder
from leadq.pipelines.report.model_card import NOT_PROMOTED, PROMOTION, plain


def card_path(store: Path, version: str) -> Path:
    """Where a version's card is in the store."""
    return models_folder(store) / f"{version}.card.md"


def keep_card(card: Path, store: Path, version: str) -> None:
    """Keep the card that stage evaluate wrote beside its bundle; one that was signed already stays."""
    kept = card_path(store, version)
    if card.exists() and not kept.exists():
        write_text(kept, card.read_text(encoding="utf-8"))


def sign_card(store: Path, standing: Standing) -> None:
    """Write into a version's card who put it live, when and why; nothing where it has no card."""
    path = card_path(store, standing.version)
    if not path.exists():
        return
    told = (
        f"{standing.when[:16]}: live, {plain(standing.why)}" + (f" ({plain(standing.by)})" if standing.by else "") + "."
    )
    text = path.read_text(encoding="utf-8").replace(f"{PROMOTION}\n\n{NOT_PROMOTED}\n", f"{PROMOTION}\n\n")
    if told not in text:
        write_text(path, f"{text}- {told}\n")
