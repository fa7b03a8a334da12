"""What a feature group is: what it declares, what it computes, and from what. Built-in groups and those of other packages alike.

A group is one module with one object. It says its features (:class:`leadq.features.catalogue.Feature`), each with what it means that
there is no value, and computes them as one Ibis expression that every engine runs. Points, labels and the model are no part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol, runtime_checkable

import ibis.expr.types as ir

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.catalogue import Feature
from leadq.features.engine.duckdb_engine import Tables
from leadq.features.field_values import Field, fields_as_of
from leadq.features.meaning.lists import Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationContext:
    """What a group may look at when it says which features it has.

    Parameters
    ----------
    history : History
        The manifest: which fields are tracked, whether there are dates and touches.
    fields : tuple of Field
        Fields that may be looked at, the company's own among them.
    event_kinds : tuple of str
        Kinds of events that became features; empty without dates.
    meaning : Meaning or None
        The lists of the training; None of a model from before there were any.
    """

    history: History
    fields: tuple[Field, ...]
    event_kinds: tuple[str, ...]
    meaning: Meaning | None = None


@dataclass(frozen=True, kw_only=True)  # without slots: the values are kept once they are computed
class FeatureContext:
    """What every group computes from.

    Parameters
    ----------
    tables : Tables
        The history with moments as microseconds; of a part of tonight's leads unless the group is ``across_leads``.
    points : ir.Table
        Materialised, a row a look: ``point_id, lead_id, account_id, created_us, as_of_us, landmark``, and ``entered_us``, from
        when its age counts: it differs from ``created_us`` once it came back. Nothing that was not known at ``as_of_us`` may
        change a value.
    agreement : Agreement
    fields : tuple of Field
    tracked_since : dict of str to datetime
        Since when a field is tracked, as frozen at training.
    event_kinds : tuple of str
        As frozen in the catalogue.
    computed : mapping of str to ir.Table
        Tables of groups, by name, that were computed before the points were cut into parts.
    meaning : Meaning or None
        The lists of the training, as frozen in the catalogue; None of a model from before there were any.
    """

    tables: Tables
    points: ir.Table
    agreement: Agreement
    fields: tuple[Field, ...] = ()
    tracked_since: dict[str, datetime] = field(default_factory=dict)
    event_kinds: tuple[str, ...] = ()
    computed: Mapping[str, ir.Table] = field(default_factory=dict)
    meaning: Meaning | None = None

    @cached_property
    def values(self) -> ir.Table:
        """Value of every field as of every point, ``point_id`` and ``Field.column`` each; materialised once, when first asked for."""
        values: ir.Table = fields_as_of(self.tables, self.points, self.fields, self.tracked_since)
        return values

    @property
    def declaration(self) -> DeclarationContext:
        """What groups declare from, for these looks."""
        return DeclarationContext(
            history=self.tables.history, fields=self.fields, event_kinds=self.event_kinds, meaning=self.meaning
        )


@runtime_checkable
class FeatureGroup(Protocol):
    """Features that are computed together."""

    @property
    def name(self) -> str:
        """Small letters, digits and ``_``; of a plug-in it is its name in the entry points, too."""
        ...

    @property
    def needs_dates(self) -> bool:
        """Whether it is left out of a history without dates (one flat file)."""
        ...

    @property
    def across_leads(self) -> bool:
        """Whether it looks beyond a lead's own rows: at other leads, or at signals of the account.

        Then it is computed for all of tonight's leads at once. Any other group sees the leads, events, touches, dispositions and
        outcomes of some leads at a time, and no event that only names an account.
        """
        ...

    def declare(self, context: DeclarationContext) -> tuple[Feature, ...]:
        """Return the features of this history, always the same for the same history, in the order of their columns."""
        ...

    def compute(self, context: FeatureContext) -> ir.Table:
        """Return ``point_id`` and a column for every declared feature, at most one row a point.

        A point without a row has no value of any of them. A number may be of any numeric type, a category is text.
        """
        ...
