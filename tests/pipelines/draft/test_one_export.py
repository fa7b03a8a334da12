"""The 90 minutes out of one file of 40 leads a month, in a CRM's own words, described as docs/howto/first-30-days.md says."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from leadq.agreement.read import read_agreement
from leadq.agreement.signing.standing import standing
from leadq.crm.contract.history import open_history
from leadq.pipelines.console.progress import silent
from leadq.pipelines.draft.blind_round import blind_round
from leadq.pipelines.draft.blind_round.blind_round import compare_blind_round, draw_blind_round
from leadq.pipelines.draft.draft import DRAFT, draft
from leadq.pipelines.draft.draft_line import DraftLine
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.quarter.sign_agreement import sign_agreement
from leadq.pipelines.training.validate import agreement_problems, agreement_remarks
from tests.docs.blocks import blocks
from tests.pipelines.draft.conftest import READ_AT, WINS, lacking, opened, write_company
from tests.shared_company import PARAMS

PAGE = "docs/howto/first-30-days.md"
RESULTS = {"won": "order received", "lost": "declined", "open": "in progress"}


def write_export(folder: Path) -> None:
    """Write the company's tables as one file, a row a lead, times as a spreadsheet has them."""
    write_company(folder)
    tables = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}
    for path in folder.glob("*.csv"):
        path.unlink()
    before = tables["field_history"].set_index("entity_id")["old_value"]
    first = tables["touches"].groupby("lead_id")["occurred_at"].min()
    rows = tables["leads"].merge(tables["accounts"]).merge(tables["opportunities"].drop(columns="created_at"))
    export = pd.DataFrame(
        {
            "Lead No.": rows["lead_id"],
            "Received on": _written(rows["created_at"]),
            "Company": rows["account_id"],
            "Channel": rows["source"],
            "Line of business": rows["account_id"].map(before).fillna(rows["industry"]),
            "Staff": rows["employees"],
            "First contact": _written(rows["lead_id"].map(first)),
            "Closed on": _written(rows["closed_at"]),
            "Result": rows["outcome"].map(RESULTS),
            "Declined because": rows["loss_reason"],
        }
    )
    export.to_csv(folder / "export.csv", sep=";", index=False)


def _written(moments: pd.Series) -> pd.Series:
    return pd.to_datetime(moments, format="ISO8601", utc=True).dt.strftime("%d.%m.%Y %H:%M")


def test_one_export_becomes_a_signed_agreement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_export(tmp_path)
    (config,) = (block.text for block in blocks("yaml") if block.page == PAGE)
    (tmp_path / "leadq.yaml").write_text(f"store: store\nagreement: agreement.yaml\n{config}", encoding="utf-8")
    (tmp_path / "params.yaml").write_text(PARAMS.replace("[0, 7, 30]", "[0]"))
    init(tmp_path)

    told = draft(opened(tmp_path), silent, out=None).facts
    lines = {one["key"]: DraftLine(**{key: one[key] for key in one if key != "differs"}) for one in told["lines"]}
    assert lacking(lines.values()) == []
    assert lines["stages.MQL"].basis == "measured"
    assert f'Line of business" of the lead is one of {WINS}' in lines["stages.MQL"].proposed
    assert "which leadq.yaml vouches for" in lines["stages.MQL"].evidence
    assert "Staff" in lines["stages.MQL"].evidence.split("no value of")[1]  # nobody vouched for it
    assert lines["tiers.T1.sla.first_touch_business_hours"].basis == "measured"
    assert "no lead has more than one touch" in lines["tiers.T1.sla.attempts"].evidence
    assert lines["tiers.T1.sla.attempts"].proposed == lines["tiers.T1.sla.attempts"].today
    follow_up = lines["duties.sales.follow_up_share"]
    assert follow_up.low is not None
    assert follow_up.low > 0.7  # four in five were called
    assert "No budget" in lines["rejection_reasons"].evidence

    monkeypatch.setattr(blind_round, "ingest", lambda *_, **__: open_history(tmp_path / "work" / "draft" / "history"))
    draw_blind_round(opened(tmp_path), silent, leads=20, seed=7)
    marketing, sales = sorted((tmp_path / "blind-rounds").glob("*/*.csv"))
    for sheet, word in ((marketing, "yes"), (sales, "No")):
        with sheet.open(encoding="utf-8-sig", newline="") as file:
            head, *rows = csv.reader(file)
        assert '"Line of business"' in head
        assert "Staff" not in head
        with sheet.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter=";").writerows([head, *([*row[:-2], word, "Channel"] for row in rows)])
    assert "0 of 20" in compare_blind_round(opened(tmp_path), silent, marketing=marketing, sales=sales).words

    sign_agreement(tmp_path / DRAFT, roles=("head of sales", "head of marketing"), on="", now=READ_AT)
    assert standing(read_agreement(tmp_path / DRAFT), READ_AT).signed
    text = (tmp_path / "leadq.yaml").read_text(encoding="utf-8")
    (tmp_path / "leadq.yaml").write_text(
        text.replace("agreement: agreement.yaml", f"agreement: {DRAFT}"), encoding="utf-8"
    )
    history = open_history(tmp_path / "work" / "draft" / "history")
    assert agreement_problems(opened(tmp_path), history) == ()
    assert all(one.where.startswith(DRAFT) for one in agreement_remarks(opened(tmp_path), history))
