"""What ``leadq.yaml`` decided of suspected fields: vouched ones are kept and named, refused ones are out already.

Under ``vouch:`` stands a feature by its name (``engagement_kinds_30d``), or a column as the report calls it
(``accounts.industry``, ``leads.plan``); ``own_fields: {vouch: ...}`` of a source does the same for its own columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from leadq.crm.contract.history import History, OwnField
from leadq.features.catalogue import Catalogue
from leadq.features.leak_checks.finding import BY_NAME, LeakFinding
from leadq.foundation.suggestions import did_you_mean


def column_of(field: OwnField) -> str:
    """``"leads.plan"``: how a finding names an own field."""
    return f"{field.entity}s.{field.name}"


def vouched_names(history: History, vouched: Mapping[str, str]) -> dict[str, str]:
    """Every field and feature that somebody vouched for, and why."""
    own = {column_of(field): field.why for field in history.own_fields if field.status == "vouched"}
    return {**own, **vouched}


def honoured(finding: LeakFinding, catalogue: Catalogue, history: History, vouched: Mapping[str, str]) -> LeakFinding:
    """Apply what was decided: what somebody vouched for is named and kept, the rest of the finding stands.

    Parameters
    ----------
    vouched : mapping of str to str
        From :func:`vouched_names`.
    """
    if finding.consequence == "stop":
        return finding
    refused = {column_of(field): field.why for field in history.own_fields if field.status == "refused"}
    if finding.field in refused:
        return _named(finding, "already refused, and rightly so", refused[finding.field])
    if finding.field in vouched:
        return _named(finding, "vouched for and kept", vouched[finding.field])
    source = {feature.name: feature.source for feature in catalogue.features}
    kept = {name: vouched.get(name, vouched.get(source.get(name, ""))) for name in finding.features}
    said = {name: why for name, why in kept.items() if why is not None}
    whole = len(said) == len(finding.features)
    if not said or (finding.consequence == "name" and not whole):
        return _never_a_feature(finding)
    if whole:
        return _named(finding, "vouched for and kept", next(iter(said.values())))
    rest = tuple(name for name in finding.features if name not in said)
    return replace(finding, features=rest, sentence=f"{finding.sentence} Vouched for and kept: {', '.join(said)}.")


def unknown_names(vouched: Mapping[str, str], catalogue: Catalogue, history: History) -> Iterator[LeakFinding]:
    """Name what was vouched for and does not exist: a typing error keeps nothing."""
    known = {*catalogue.names, *catalogue.quarantined, *(feature.source for feature in catalogue.features)}
    known |= {column_of(field) for field in history.own_fields}
    for name in vouched:
        if name not in known:
            yield LeakFinding(
                check=BY_NAME,
                name="vouched for without effect",
                field=name,
                figure=0.0,
                limit=0.0,
                consequence="name",
                sentence=f"leadq.yaml vouches for {name}, but there is no such feature or field. "
                f"{did_you_mean(name, sorted(known))}".rstrip(),
            )


def _named(finding: LeakFinding, decided: str, why: str) -> LeakFinding:
    reason = f" ({why})" if why else ""
    return replace(finding, consequence="name", sentence=f"{finding.sentence} In leadq.yaml: {decided}{reason}.")


def _never_a_feature(finding: LeakFinding) -> LeakFinding:
    if finding.consequence == "quarantine" and not finding.features:
        return replace(finding, sentence=f"{finding.sentence} No feature is made of it.")
    return finding
