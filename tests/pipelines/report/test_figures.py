"""Groups come from the CRM as it stands, also for fields that the model may not use; DVC gets the report's own figures."""

from __future__ import annotations

import csv
import json
from collections import Counter

import pandas as pd
import pytest
import yaml

from leadq.pipelines.report.plot_data import headline_of, plot_data
from leadq.pipelines.report.segment_fields import values_of
from tests.pipelines.report.conftest import Company


def test_values_are_those_of_the_crm(company: Company) -> None:
    leads = pd.read_parquet(company.history.path("leads")).set_index("lead_id")
    accounts = pd.read_parquet(company.history.path("accounts")).set_index("account_id")
    asked = leads.index[::7][::-1].tolist()
    assert values_of(company.history, "leads.source", asked) == [
        None if pd.isna(one) else one for one in leads.loc[asked, "source"]
    ]
    known = leads.loc[asked, "account_id"]
    expected = [None if pd.isna(one) or one not in accounts.index else accounts.loc[one, "country"] for one in known]
    assert values_of(company.history, "accounts.country", asked) == [None if pd.isna(one) else one for one in expected]


def test_numbers_are_cut_into_quarters_and_absent_fields_are_none(company: Company) -> None:
    asked = company.held.judged["lead_id"].tolist()
    quarters = Counter(values_of(company.history, "accounts.employees", asked))
    quarters.pop(None, None)
    assert len(quarters) == 4
    assert max(quarters.values()) < 1.5 * min(quarters.values())
    assert all(" to " in str(one) for one in quarters)
    assert values_of(company.history, "leads.shoe_size", asked) is None
    assert values_of(company.history, 'leads.so"urce', asked) is None


def test_every_held_out_lead_is_in_one_segment_of_a_field(company: Company) -> None:
    total = len(company.held.judged)
    by_field = Counter(dict.fromkeys(("leads.source", "accounts.country"), 0))
    for one in company.held.segments:
        by_field[one.field] += one.n
    assert 0.9 * total < by_field["leads.source"] <= total
    assert {one.field for one in company.held.selections} == {"accounts.country"}
    assert sum(one.n for one in company.held.selections) == total
    assert company.held.absent == ("leads.shoe_size",)


def test_metrics_and_plots_are_the_reports_own_figures(company: Company) -> None:
    metrics = json.loads((company.project.work / "metrics_all.json").read_text())
    assert metrics == company.evaluated.metrics
    headline = json.loads((company.project.work / "metrics.json").read_text())
    assert headline == company.evaluated.headline
    assert len(headline) == 16
    assert all(value is not None for value in headline.values())
    hand_off = metrics["moments"]["hand_off"]
    assert headline["auc"] == pytest.approx(hand_off["auc"], abs=1e-4)
    assert headline["predicted_to_actual"] == pytest.approx(
        hand_off["mean_probability"] / hand_off["observed_rate"], abs=1e-3
    )
    slopes = [one["calibration_slope"] for one in metrics["moments"].values()]
    assert (headline["lowest_slope"], headline["highest_slope"]) == pytest.approx((min(slopes), max(slopes)), abs=1e-3)
    assert headline["tiers_offered"] == sum(one["offered"] for one in metrics["tiers"].values())
    first = company.bundle.evaluation["moments"][0]
    assert metrics["moments"]["hand_off"]["auc"] == first["auc"]
    assert len(metrics["origins"]) == len(company.held.periods) > 1
    row = company.held.at_capacity
    assert row is not None
    assert metrics["wins_within_capacity"]["model"] == pytest.approx(row.model)
    dvc = yaml.safe_load((company.project.folder / "dvc.yaml").read_text())["stages"]["evaluate"]
    plots = {path: spec for one in dvc["plots"] for path, spec in one.items()}
    for path, spec in plots.items():
        rows = list(csv.DictReader((company.project.folder / path).read_text().splitlines()))
        assert rows, path
        assert {spec["x"], spec["y"]} <= set(rows[0]), path
    for out in dvc["outs"]:
        assert (company.project.folder / next(iter(out))).exists()


def test_without_held_out_leads_there_is_a_headline_all_the_same(company: Company) -> None:
    headline = headline_of(company.bundle, None)
    assert headline["miscalibration"] is headline["wins_at_capacity"] is headline["reasons_faithful"] is None
    assert list(headline) == list(company.evaluated.headline)


def test_without_held_out_leads_the_plots_have_a_head_only(company: Company) -> None:
    texts = plot_data(company.bundle, None)
    assert texts["gains"] == "leads,model,points\n"
    assert {name for name, text in texts.items() if text.count("\n") == 1} == {
        "reliability",
        "gains",
        "origins",
        "segments",
    }
