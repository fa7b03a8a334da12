"""Stages in words: how many leads have met each, by what, or the column that would make it sayable."""

from __future__ import annotations

import re

from leadq.features.engine.duckdb_engine import moment
from leadq.foundation.plurals import counted, one_or_many
from leadq.pipelines.measures.measure import Measured, Stage

_TABLES = {
    "events": "map what buyers did as events",
    "dispositions": "map what sales answered as dispositions, meetings as touches, or opportunities",
}


def stages_in_words(measured: Measured) -> tuple[str, ...]:
    """Return a sentence a stage."""
    return tuple(_sentence(stage) for stage in measured.stages)


def _sentence(stage: Stage) -> str:
    moments, name = stage.moments, stage.moments.stage
    met = (
        f"{stage.leads or 0:,} of {counted(stage.among, 'lead')} {one_or_many(stage.leads or 0, 'has', 'have')} met it"
    )
    if moments.source == "checks":
        return f"{name}: {met}, by the agreement's checks as of any moment{_since(moments.since_us, stage.among)}."
    if moments.source == "date column":
        return f"{name}: {met}, by the CRM's own date ({moments.column}), since {_lacking(moments.missing)}."
    if moments.source == "stage history":
        return f"{name}: {met}, by the CRM's own record of the stage, since {_lacking(moments.missing)}."
    return f"{name}: not recorded, since {_lacking(moments.missing)}. To say it, {_remedy(name, moments.missing)}."


def _since(since_us: int | None, among: int) -> str:
    """Say that leads from before are left out, where there is anybody to be counted."""
    if since_us is None or not among:
        return ""
    return f" (leads since {moment(since_us).date().isoformat()}, when changes of its fields began to be recorded)"


def _lacking(missing: tuple[str, ...]) -> str:
    fields = [one for one in missing if one not in _TABLES]
    said = [f"changes of {' and '.join(fields)} are not recorded"] if fields else []
    said += [f"there are no {one}" for one in missing if one in _TABLES]
    return " and ".join(said) or "the agreement has no checks for it"


def _remedy(name: str, missing: tuple[str, ...]) -> str:
    fields = [one for one in missing if one not in _TABLES]
    wanted = [f"map the field history of {' and '.join(fields)}"] if fields else []
    wanted += [_TABLES[one] for one in missing if one in _TABLES]
    column = re.sub(r"\W+", "_", name.lower())
    own = f"a date of the CRM as the column {column}_at of leads"
    return f"{', and '.join(wanted)}; or take {own}" if wanted else f"take {own}"
