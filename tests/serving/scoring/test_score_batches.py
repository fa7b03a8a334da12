"""From batches of leads to batches of the score table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from leadq.agreement.schema import Outcome, Promise
from leadq.crm.contract.score_table import SCORES
from leadq.foundation.problems import BundleError
from leadq.models.bundle.bundle import Bundle
from leadq.serving.scoring.additivity_check import must_add_up
from leadq.serving.scoring.score_batches import ScoringRun, score_batches

MakeBatch = Callable[..., pa.RecordBatch]


def scored_table(batch: pa.RecordBatch, run: ScoringRun) -> pa.Table:
    return pa.Table.from_batches(score_batches([batch], run), SCORES)


def test_every_row_comes_out_and_adds_up(run: ScoringRun, lead_batch: MakeBatch) -> None:
    table = scored_table(lead_batch(500), run)
    assert table.schema == SCORES
    assert table["lead_id"].to_pylist() == [f"L{number:06d}" for number in range(500)]
    for row in table.to_pylist():
        total = row["base"] + sum(part["contribution"] for part in row["contributions"])
        assert abs(total - np.log(row["probability"] / (1 - row["probability"]))) < 1e-6
        assert [part["family"] for part in row["contributions"]] == list(run.bundle.catalogue.families)
    assert set(table["tier"].to_pylist()) == {"T1", "T2", "T3"}
    assert set(table["tier_by"].to_pylist()) == {"model"}
    assert table["model_version"].unique().to_pylist() == ["aaaaaaaaaaaa"]
    assert table["snapshot_id"].unique().to_pylist() == ["snap-1"]


def test_a_score_that_does_not_add_up_stops_the_run() -> None:
    leads = pa.array(["a", "b", "c"])
    contributions = np.array([[0.0], [0.00001], [np.nan]])
    with pytest.raises(BundleError, match=r"(?s)must add up.*lead 'b'.*lead 'c'"):
        must_add_up(leads, np.full(3, 0.5), 0.0, contributions)
    must_add_up(leads, np.full(3, 0.5), 0.0, np.zeros((3, 1)))


def test_a_lead_that_cannot_be_scored_says_why(run: ScoringRun, lead_batch: MakeBatch) -> None:
    reason = pa.array([None, "no date", None, "too old"])
    rows = scored_table(lead_batch(4, status_reason=reason), run).to_pylist()
    assert [(row["status"], row["status_reason"]) for row in rows] == [
        ("scored", None), ("not_scored", "no date"), ("scored", None), ("not_scored", "too old"),
    ]  # fmt: skip
    for row in (rows[1], rows[3]):
        empty = (
            "probability",
            "margin",
            "base",
            "contributions",
            "tier",
            "tier_by",
            "model_tier",
            "reasons_for",
            "unknowns",
        )
        assert [row[name] for name in empty] == [None] * len(empty)
        assert row["lead_id"]
        assert row["model_version"] == "aaaaaaaaaaaa"
    alone = scored_table(lead_batch(4).slice(2, 1), run).to_pylist()[0]
    assert rows[2] == alone


def test_nothing_to_score_is_no_failure(run: ScoringRun, lead_batch: MakeBatch) -> None:
    assert scored_table(lead_batch(3, status_reason=pa.array(["too old"] * 3)), run).num_rows == 3
    assert scored_table(lead_batch(3).slice(0, 0), run).num_rows == 0


def test_rules_decide_over_the_model_and_both_are_kept(run: ScoringRun, lead_batch: MakeBatch) -> None:
    plain = scored_table(lead_batch(400), run).to_pylist()
    place = np.arange(400)
    hits = {"rule:competitor": pa.array(place % 4 == 0), "rule:hand_raiser": pa.array(place % 2 == 0)}
    for row, model in zip(scored_table(lead_batch(400, **hits), run).to_pylist(), plain, strict=True):
        assert row["model_tier"] == model["tier"]
        number = int(row["lead_id"][1:])
        if number % 4 == 0:
            assert (row["tier"], row["tier_by"]) == ("disqualified", "competitor")
        elif number % 2 == 0 and model["tier"] == "T3":
            assert (row["tier"], row["tier_by"]) == ("T2", "hand_raiser")
        else:
            assert (row["tier"], row["tier_by"]) == (model["tier"], "model")


def test_a_tier_that_is_not_offered_is_given_to_nobody(run: ScoringRun, lead_batch: MakeBatch) -> None:
    first, second = run.bundle.tiers
    bundle = replace(run.bundle, tiers=(replace(first, cut=None, offered=False), second))
    table = scored_table(lead_batch(300), replace(run, bundle=bundle))
    assert set(table["tier"].to_pylist()) == {"T2", "T3"}


def test_the_base_rate_gives_no_tier_and_no_reasons(
    run: ScoringRun, base_rate_bundle: Bundle, lead_batch: MakeBatch
) -> None:
    hits = {"rule:competitor": pa.array([True] * 50)}
    for row in scored_table(lead_batch(50, **hits), replace(run, bundle=base_rate_bundle)).to_pylist():
        assert row["probability"] == pytest.approx(1 / (1 + np.exp(2.0)))
        assert [row[name] for name in ("tier", "tier_by", "model_tier")] == [None] * 3
        assert row["contributions"] == row["reasons_for"] == row["reasons_against"] == row["unknowns"] == []
        assert row["base"] == pytest.approx(-2.0)


def test_missing_facts_worth_adding_are_named(run: ScoringRun, lead_batch: MakeBatch) -> None:
    nothing = pa.nulls(2, pa.string())
    unknown = pa.array(np.full(2, np.nan))
    batch = lead_batch(2, company_industry=nothing, **{"code:company_industry": unknown})
    assert "Industry not known: add it" in scored_table(batch, run)["unknowns"].to_pylist()[0]


def test_unseen_categories_are_scored(run: ScoringRun, lead_batch: MakeBatch) -> None:
    columns = {"source_name": pa.array(["a brand new source"] * 5), "code:source_name": pa.array(np.full(5, 4.0))}
    assert set(scored_table(lead_batch(5, **columns), run)["status"].to_pylist()) == {"scored"}


def test_a_changed_schema_is_refused_with_every_column_named(run: ScoringRun, lead_batch: MakeBatch) -> None:
    batch = lead_batch(5, company_employees=pa.array(["many"] * 5)).drop_columns(
        ["code:source_name", "rule:competitor"]
    )
    with pytest.raises(BundleError) as caught:
        list(score_batches([batch], run))
    told = {problem.where: problem.value for problem in caught.value.problems}
    assert told == {
        "tonight's leads, column company_employees": "string",
        "tonight's leads, column code:source_name": "no such column",
        "tonight's leads, column rule:competitor": "no such column",
    }


def test_another_agreement_than_the_models_is_refused(run: ScoringRun, lead_batch: MakeBatch) -> None:
    first, *others = run.agreement.tiers
    changed = replace(
        run.agreement,
        version=5,
        outcome=Outcome(event="opportunity won", horizon_days=60),
        tiers=(replace(first, promise=Promise(win_rate_at_least=0.4)), *others),
        ideal_customer=(replace(run.agreement.ideal_customer[0], values=("retail",)),),
    )
    with pytest.raises(BundleError, match=r"(?s)promise of tier T1.*0\.4.*horizon_days.*60.*ideal_customer.*retail"):
        list(score_batches([lead_batch(5)], replace(run, agreement=changed)))


def test_scores_do_not_depend_on_how_leads_are_batched(run: ScoringRun, lead_batch: MakeBatch) -> None:
    batch = lead_batch(1000)
    whole = scored_table(batch, run)
    pieces = [batch.slice(start, 171) for start in range(0, 1000, 171)]
    assert pa.Table.from_batches(score_batches(pieces, run), SCORES).combine_chunks().equals(whole.combine_chunks())
