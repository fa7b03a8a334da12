"""What was measured as plain values for ``--json``."""

from __future__ import annotations

from typing import Any

from leadq.features.engine.duckdb_engine import moment
from leadq.models.tiers.kept_promises import Kept, KeptFigures
from leadq.pipelines.measures.measure import Measured, Stage
from leadq.pipelines.measures.record_sentences import record_facts


def measured_facts(measured: Measured) -> dict[str, Any]:
    """Return hand-overs, the kept figures and stages; moments as ISO texts, shares in [0, 1], null where not recorded."""
    return {
        "hand_overs": {
            "agreed_source": measured.agreed,
            "recorded_sources": list(measured.recorded),
            "horizon_days": measured.horizon_days,
            "grace_days": measured.grace_days,
            "touches_recorded": measured.touches_recorded,
            "won": measured.logged.won,
            "won_with_a_touch": measured.logged.touched if measured.touches_recorded else None,
            "logged_share_at_least": measured.logged.least,
            "touches_that_do_not_count": dict(measured.other_touches),
            "score_tables_gone": measured.scores_gone,
            "periods": [
                {
                    "source": one.period.source,
                    "from": _moment(one.period.from_us),
                    "until": _moment(one.period.until_us),
                    "came_in": one.entered,
                    "came_back": one.came_back,
                    "handed_over": one.handed_over,
                    "backlog": one.backlog,
                }
                for one in measured.counts
            ],
            "figures": [_figures(one) for one in measured.figures],
            "earlier_versions": [
                {
                    "agreement_version": one.number,
                    "until": _moment(one.until_us),
                    "promises_known": one.promises_known,
                    "figures": [_figures(figures) for figures in one.figures],
                }
                for one in measured.earlier
            ],
        },
        "stale_sources": [one.facts() for one in measured.stale],
        "stages": [_stage(one) for one in measured.stages],
        "rejections": record_facts(measured.judged),
    }


def _figures(one: KeptFigures) -> dict[str, Any]:
    return {
        "tier": one.tier or None,
        "promise": one.promise,
        "handed_over": one.handed_over,
        "all": _kept(one.everyone),
        "worked": None if one.worked is None else _kept(one.worked),
        "never_worked": one.never_worked,
        "never_worked_share": one.never_worked_share,
        "rose_later": one.rose,
        "by_rule": one.by_rule,
    }


def _kept(one: Kept) -> dict[str, Any]:
    return {"mature": one.n, "won": one.won, "kept": one.rate, "low": one.low, "high": one.high}


def _stage(one: Stage) -> dict[str, Any]:
    moments = one.moments
    return {
        "stage": moments.stage,
        "source": moments.source,
        "column": moments.column or None,
        "leads": one.leads,
        "among": one.among,
        "missing": list(moments.missing),
        "since": _moment(moments.since_us),
    }


def _moment(us: int | None) -> str | None:
    return None if us is None else moment(us).isoformat()
