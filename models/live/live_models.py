"""Which bundle is live: one small text file in the store.

``models/live.json`` is the law; the nightly job reads it and needs no MLflow. MLflow's aliases mirror it
(``models/registry/mlflow_registry.py``). What speaks against a model is said in ``promotion_gate.py``; here it is refused
for it, unless somebody says why it should go live all the same, and that is recorded (docs/promises.md, promise 5).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from leadq.foundation.atomic_files import write_text
from leadq.foundation.problems import GateStopped, Problem, StoreError
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.live.champion_comparison import compare_bundles
from leadq.models.live.comparison_result import Comparison, read_comparison
from leadq.models.live.promotion_gate import objections, refusal

LIVE = "live.json"
KEPT_CHAMPIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A bundle version in a role: since when (ISO, UTC), why, and who said so."""

    version: str
    when: str
    why: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Who is live.

    Parameters
    ----------
    champion, challenger : Standing or None
    fallback : Standing or None
        The base-rate bundle that scores while there is no champion.
    previous : tuple of Standing
        Former champions, the latest first.
    shadow : bool
        Whether the challenger is scored beside the champion every night.
    """

    champion: Standing | None = None
    challenger: Standing | None = None
    fallback: Standing | None = None
    previous: tuple[Standing, ...] = ()
    shadow: bool = False

    @property
    def scoring(self) -> Standing | None:
        """Champion, else the fallback: what tonight's scores are made with."""
        return self.champion or self.fallback


def models_folder(store: Path) -> Path:
    """Folder of a store that holds the bundles, each in a folder named by its version, and ``live.json``."""
    return store / "models"


def bundle_folder(store: Path, version: str) -> Path:
    """Folder of a bundle in the store."""
    return models_folder(store) / version


def read_live(store: Path) -> Live:
    """Read who is live; nobody where the store has no such file yet.

    Raises
    ------
    StoreError
        The file is there but cannot be read.
    """
    path = models_folder(store) / LIVE
    if not path.exists():
        return Live()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        one = {
            role: None if document[role] is None else Standing(**document[role])
            for role in ("champion", "challenger", "fallback")
        }
        previous = tuple(Standing(**row) for row in document["previous"])
        return Live(**one, previous=previous, shadow=bool(document.get("shadow", False)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = Problem(
            where=str(path),
            rule="must say which model is live",
            value=str(error),
            remedy="Restore the file from a copy, or remove it and promote a model again.",
        )
        raise StoreError(problem) from error


def _write(store: Path, live: Live) -> Live:
    write_text(models_folder(store) / LIVE, json.dumps(asdict(live), indent=1, sort_keys=True) + "\n")
    return live


def put_challenger(version: str, *, store: Path, now: datetime, why: str, by: str = "") -> Live:
    """Record a freshly trained bundle as the challenger."""
    standing = Standing(version=version, when=now.isoformat(), why=why, by=by)
    return _write(store, replace(read_live(store), challenger=standing))


def set_shadow(on: bool, *, store: Path) -> Live:
    """Record whether the challenger is scored beside the champion."""
    return _write(store, replace(read_live(store), shadow=on))


def against_champion(challenger: Bundle, champion: Bundle, *, store: Path) -> Comparison:
    """Return the comparison kept in the store; where there is none, what the two bundles themselves can tell."""
    folder = models_folder(store)
    kept = read_comparison(folder, challenger=challenger.version, champion=champion.version)
    return kept or compare_bundles(champion, challenger)


def promote(version: str, *, store: Path, now: datetime, because: str | None = None, by: str = "") -> Live:
    """Put a bundle of the store live.

    A base-rate bundle becomes the fallback, never the champion.

    Parameters
    ----------
    version : str
    store : Path
    now : datetime
        UTC; recorded.
    because : str, optional
        Why it goes live in spite of objections; recorded with them.
    by : str
        Who signs.

    Raises
    ------
    GateStopped
        Something speaks against it (all of it at once) and nobody signed.
    BundleError
        The bundle is missing or damaged.
    """
    live = read_live(store)
    challenger = read_bundle(bundle_folder(store, version))
    champion = read_bundle(bundle_folder(store, live.champion.version)) if live.champion else None
    comparison = against_champion(challenger, champion, store=store) if champion else None
    against = objections(challenger, champion, comparison)
    if against and (challenger.kind == "base_rate" or not because):
        raise refusal(challenger, against)
    why = "beats all it was compared with"
    if against:
        why = f"{because} (in spite of: {'; '.join(against)})"
    elif challenger.kind == "base_rate":
        why = "no champion: the base rate scores"
    elif because:
        why = because
    standing = Standing(version=version, when=now.isoformat(), why=why, by=by)
    if challenger.kind == "base_rate":
        return _write(store, replace(live, fallback=standing))
    if live.champion and live.champion.version == version:
        return live
    former = (live.champion, *live.previous) if live.champion else live.previous
    waiting = None if live.challenger and live.challenger.version == version else live.challenger
    return _write(store, replace(live, champion=standing, challenger=waiting, previous=former[:KEPT_CHAMPIONS]))


def rollback(*, store: Path, now: datetime, why: str, by: str = "") -> Live:
    """Put the former champion live again; the present one becomes the challenger.

    Raises
    ------
    GateStopped
        There is no former champion.
    BundleError
        Its bundle is missing or damaged.
    """
    live = read_live(store)
    if not live.previous or not live.champion:
        raise GateStopped(
            Problem(
                where=str(models_folder(store) / LIVE),
                rule="must have an earlier champion to go back to",
                remedy="Promote another model instead: leadq promote VERSION.",
            )
        )
    former = live.previous[0]
    read_bundle(bundle_folder(store, former.version))
    back = Standing(version=former.version, when=now.isoformat(), why=f"rolled back: {why}", by=by)
    demoted = replace(live.champion, why=f"rolled back: {why}", when=now.isoformat(), by=by)
    return _write(store, replace(live, champion=back, challenger=demoted, previous=live.previous[1:]))
