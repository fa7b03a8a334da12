"""What was known of each lead at its hand-over: fields as of then, and which agreed checks held; never today's values of tracked fields.

A field whose changes are not recorded has only today's value. It is told apart (``tracked``), for it may have been filled in since,
unless ``leadq.yaml`` vouches for it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import pandas as pd

from leadq.agreement.schema import Agreement, Check, Rule
from leadq.features.engine.duckdb_engine import Tables
from leadq.features.field_values import Field, fields_as_of, known_fields
from leadq.features.predicates import rule_hits

PERSONAL = frozenset({"lead.email_domain", "lead.title", "account.domain"})
"""Fields that point at a person or one company: no definition is drafted from them."""
_EVENTS_BEFORE_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownThen:
    """What was known at hand-overs.

    Parameters
    ----------
    values : DataFrame
        Indexed by hand-over id, a column a field by its key (``"account.industry"``); moments as microseconds.
    fields : tuple of Field
    tracked : frozenset of str
        Keys whose values are those of then: their changes are recorded, or somebody vouches that they do not change.
    vouched : frozenset of str
        Of these the ones that somebody vouches for.
    held : DataFrame
        A column a check, in the order given: whether it held then.
    """

    values: pd.DataFrame
    fields: tuple[Field, ...]
    tracked: frozenset[str]
    vouched: frozenset[str]
    held: pd.DataFrame


def known_then(
    tables: Tables,
    hand_overs: ir.Table,
    agreement: Agreement,
    checks: Sequence[Check],
    *,
    vouched: Collection[str] = (),
) -> KnownThen:
    """Look at every hand-over.

    Parameters
    ----------
    tables : Tables
    hand_overs : ir.Table
        ``hand_over_id, lead_id, account_id, handed_over_us``.
    agreement : Agreement
        Only carries the checks.
    checks : sequence of Check
        What may be asked of fields, events or answers.
    vouched : collection of str
        Columns that somebody vouches for, as ``leadq.yaml`` names them (``"leads.plan"``).
    """
    points = hand_overs.select("lead_id", "account_id", point_id="hand_over_id", as_of_us="handed_over_us")
    points = tables.backend.create_table("points_of_hand_over", points, temp=True, overwrite=True)
    fields = tuple(field for field in known_fields(tables.history) if field.type != "date")
    found = fields_as_of(tables, points, fields, tables.history.tracked_since)
    rules = tuple(Rule(id=f"c{place}", when=(check,)) for place, check in enumerate(checks))
    hits = rule_hits(tables, points, found, replace(agreement, rules=rules))
    values = found.select("point_id", **{field.key: found[field.column] for field in fields}).to_pandas()
    held = hits.to_pandas().set_index("point_id").sort_index()
    held.columns = list(range(len(checks)))
    trusted = frozenset(field.key for field in fields if f"{field.entity}s.{field.name}" in vouched)
    return KnownThen(
        values=values.set_index("point_id").sort_index(),
        fields=fields,
        tracked=frozenset(tables.history.tracked_since) | trusted,
        vouched=trusted - frozenset(tables.history.tracked_since),
        held=held.astype(bool),
    )


def events_before(tables: Tables, hand_overs: ir.Table) -> pd.DataFrame:
    """Return ``hand_over_id, kind, n``: what was known at the hand-over of what buyers did in the 30 days before it."""
    joined = hand_overs.select("hand_over_id", "lead_id", "handed_over_us").inner_join(tables.events, "lead_id")
    joined = joined.filter(
        joined.visible_us <= joined.handed_over_us,
        joined.handed_over_us - joined.occurred_us <= ibis.literal(_EVENTS_BEFORE_DAYS * 86_400_000_000, "int64"),
    )
    counted = joined.group_by("hand_over_id", "kind").agg(n=ibis._.count())
    rows: pd.DataFrame = counted.to_pandas()
    return rows.sort_values(["hand_over_id", "kind"]).reset_index(drop=True)
