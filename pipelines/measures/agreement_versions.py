"""Hand-overs by the version of the agreement that they were made under: no figure counts two of them.

A hand-over belongs to the version under which its tier was frozen, one without a frozen tier to the version in force at its moment:
a version is in force from the first run that scored under it. Before any run everything is today's version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from leadq.agreement.read import stored_agreement
from leadq.agreement.schema import Agreement
from leadq.features.engine.duckdb_engine import microseconds
from leadq.foundation.problems import LeadqError
from leadq.models.bundle.bundle import read_bundle
from leadq.models.live.live_models import bundle_folder
from leadq.models.tiers.kept_promises import KeptFigures
from leadq.models.tiers.tier_supply import TierSupply
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of the agreement that scored.

    Parameters
    ----------
    number : int
    since_us : int
        As-of of the first run under it.
    agreement : Agreement or None
        Its text, where the store still has it.
    """

    number: int
    since_us: int
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierFigures:
    """Kept figures of hand-overs under a version that is no longer in force; without its text nothing is known of its promises."""

    number: int
    until_us: int | None
    promises_known: bool
    figures: tuple[KeptFigures, ...]
    supply: tuple[TierSupply, ...] = ()


def versions_of(project: Project) -> tuple[Version, ...]:
    """Return the versions that scored the leads up to ``read_at``, oldest first."""
    first: dict[int, Run] = {}
    for run in project.store.runs():
        if run.inputs.as_of <= project.read_at:
            first.setdefault(run.inputs.agreement_version, run)
    found = sorted(first.items())
    return tuple(
        Version(
            number=number,
            since_us=microseconds(run.inputs.as_of),
            agreement=_text_of(project, run) if found[1:] else None,
        )
        for number, run in found
    )


def version_of_each(hand_overs: pd.DataFrame, versions: Sequence[Version], *, today: int) -> pd.Series:
    """Return the number of the version that each hand-over belongs to.

    Parameters
    ----------
    hand_overs : DataFrame
        ``handed_over_us, agreement_version`` (missing without a frozen tier), a row a hand-over.
    versions : sequence of Version
        Oldest first.
    today : int
        The version of the project, which all belong to before anything was scored.
    """
    at_moment = pd.Series(versions[0].number if versions else today, index=hand_overs.index, dtype="int64")
    for version in versions[1:]:
        at_moment = at_moment.mask(hand_overs["handed_over_us"] >= version.since_us, version.number)
    frozen = pd.to_numeric(hand_overs["agreement_version"], errors="coerce")
    return frozen.fillna(at_moment).astype("int64")


def as_then(today: Agreement, version: Version) -> Agreement:
    """Return the agreement whose tiers a version had; without its text today's tiers, with no promise."""
    if version.agreement is not None:
        return version.agreement
    return replace(today, tiers=tuple(replace(tier, promise=None) for tier in today.tiers))


def _text_of(project: Project, run: Run) -> Agreement | None:
    wanted = run.inputs.agreement_version
    if project.agreement.version == wanted:
        return project.agreement
    try:
        bundle = read_bundle(bundle_folder(project.store.folder, run.inputs.bundle_version))
        kept = stored_agreement(bundle.agreement_text, where="the bundle's agreement")
    except LeadqError:
        return None
    return kept if kept.version == wanted else None
