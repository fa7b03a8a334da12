"""Tonight's leads are looked at in parts: where the cuts fall changes nothing, and tonight is a landmark like any other."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from benchmarks.large_company import READ_AT, Size, write_large_company
from leadq.agreement.read import parse_agreement
from leadq.agreement.template import template_text
from leadq.features.assemble import look_at
from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.features.feature_settings import FeatureSettings
from leadq.features.groups.account import AccountGroup
from leadq.features.landmarks import tonight_points
from leadq.features.tonight import OpenLeads, tonight

AS_OF = READ_AT - timedelta(days=40, hours=7)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Return history, agreement and catalogue of a company with skewed accounts and late events."""
    history = write_large_company(tmp_path_factory.mktemp("company"), Size(leads=1500, events=15_000))
    agreement = parse_agreement(template_text(), where="agreement.yaml")
    with open_engine() as backend:
        settings = FeatureSettings(ages_days=(0, 30, 90, 365), min_wins_at_age=1)
        data = build_training_data(backend, history, agreement, settings)
    return history, agreement, data.catalogue


def seen(company, **chosen) -> pa.Table:
    history, agreement, catalogue = company
    with open_engine() as backend:
        return pa.Table.from_batches(
            list(
                tonight(
                    backend, OpenLeads(history=history, agreement=agreement, catalogue=catalogue, as_of=AS_OF, **chosen)
                )
            )
        )


@pytest.fixture(scope="module")
def whole(company):
    return seen(company)


def test_where_the_cuts_fall_changes_nothing(company, whole, monkeypatch):
    assert whole.num_rows > 1000
    assert len(set(whole["account_people_active_30d"].to_pylist())) > 5
    monkeypatch.setattr("leadq.features.tonight.PART_LEADS", 700)
    parts = seen(company)
    assert parts["lead_id"].to_pylist() == sorted(parts["lead_id"].to_pylist())
    assert parts.to_pandas().equals(whole.to_pandas())


def test_one_lead_alone_is_what_it_is_among_all(company, whole):
    whole = whole.to_pandas()
    with_account = whole.loc[whole["account_people_active_30d"] > 0]
    one = seen(company, lead_id=with_account["lead_id"].iloc[-1]).to_pandas()
    assert one.equals(with_account.iloc[[-1]].reset_index(drop=True))


def test_accounts_at_one_moment_and_among_other_moments(company):
    """Looks at other moments beside tonight's make the engine read all facts; tonight's answers stay."""
    history, agreement, catalogue = company
    with open_engine() as backend:
        tables = open_tables(backend, history)
        points = tonight_points(tables, int(AS_OF.timestamp() * 1e6))
        earlier = points.mutate(point_id=-1 - points.point_id, as_of_us=points.as_of_us - 86_400_000_000 * 200)
        both = backend.create_table("both", points.union(earlier), temp=True)
        alone, among = (
            AccountGroup().compute(look_at(tables, looks, agreement, catalogue)).to_pandas().set_index("point_id")
            for looks in (points, both)
        )
    assert alone["history_wins"].gt(0).any()
    assert among[among.index >= 0].sort_index().astype("float64").equals(alone.sort_index().astype("float64"))
