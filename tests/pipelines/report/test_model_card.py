"""The model card says what somebody who answers for the model must know, is kept beside its bundle and signed when it goes live."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from leadq.models.live.live_models import Standing
from leadq.pipelines.report.card_files import card_path, keep_card, sign_card
from leadq.pipelines.report.evaluation_page import render_evaluation
from leadq.pipelines.report.model_card import NOT_PROMOTED, make_card
from tests.pipelines.report.conftest import Company

SECTIONS = (
    "What it is",
    "Intended use",
    "Training data",
    "How well it works",
    "Tiers and promises",
    "Sensitive groups",
    "Fields left out",
    "Limits",
    "Promotion",
)


def test_the_card_says_what_it_must(company: Company) -> None:
    text = (company.project.reports / "model_card.md").read_text(encoding="utf-8")
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(SECTIONS)
    trained = company.bundle.trained
    for told in (company.bundle.version, f"{trained['leads']:,} leads, created 20", "the way it works leads today"):
        assert told in text
    for tier in company.bundle.tiers:
        assert f"| {tier.tier_id} | {100 * tier.promise:.1f} %" in text
    for name in company.bundle.catalogue.quarantined:
        assert name.replace("_", "\\_") in text
    for one in company.held.selections:
        assert f"| accounts.country | {one.value} | {one.n:,} |" in text
    page = (company.project.reports / "model_card.html").read_text(encoding="utf-8")
    assert all(f"<h2>{section}</h2>" in page for section in SECTIONS[:-1])


def test_the_outcome_is_named_in_report_and_card(company: Company) -> None:
    for document in ("model_card.html", "evaluation.html"):
        page = (company.project.reports / document).read_text(encoding="utf-8")
        assert re.search(r"Outcome: columns? .+; won: .+; lost: .+; open: ", page), document


def test_report_and_card_say_how_the_agreement_stands(company: Company) -> None:
    agreement, held = company.project.agreement, company.held
    line = "Agreement version 1: not signed <sign it>."
    for standing, there in ((line, True), ("", False)):
        card = make_card(company.bundle, agreement, held, span=None, cannot=(), standing=standing)
        page = render_evaluation(company.bundle, agreement, held, cannot=(), checks=(), standing=standing)
        for document in (card.to_html(), page):
            assert ("not signed &lt;sign it&gt;." in document) is there
        assert ("not signed" in card.to_markdown()) is there


def test_hostile_names_stay_text(company: Company) -> None:
    catalogue = replace(company.bundle.catalogue, quarantined={"a|b": "<script>x</script>\n# heading"})
    bundle = replace(company.bundle, catalogue=catalogue)
    told = "Outcome: column <b>Stage</b>; won: 'Closed Won' (347 rows)"
    card = make_card(bundle, company.project.agreement, None, span=None, cannot=["[a](javascript:b)"], outcome=told)
    text, page = card.to_markdown(), card.to_html()
    assert "a\\|b: \\<script\\>x\\</script\\> \\# heading" in text
    assert "\\[a\\]" in text
    assert "won: 'Closed Won' (347 rows)" in text
    assert "column &lt;b&gt;Stage&lt;/b&gt;" in page
    assert "<script>" not in page
    assert "No sensitive field was named" in text


def test_the_card_is_kept_and_signed(company: Company, tmp_path: Path) -> None:
    version = company.bundle.version
    source = company.project.reports / "model_card.md"
    keep_card(source, tmp_path, version)
    kept = card_path(tmp_path, version)
    assert kept.read_text() == source.read_text()
    assert NOT_PROMOTED in kept.read_text()
    first = Standing(version=version, when="2026-10-01T08:00:00+00:00", why="beats all", by="head of sales")
    sign_card(tmp_path, first)
    sign_card(tmp_path, first)
    sign_card(tmp_path, replace(first, when="2027-01-02T09:00:00+00:00", why="rolled back", by=""))
    signed = kept.read_text()
    assert NOT_PROMOTED not in signed
    assert signed.endswith(
        "## Promotion\n\n- 2026-10-01T08:00: live, beats all (head of sales).\n- 2027-01-02T09:00: live, rolled back.\n"
    )
    keep_card(source, tmp_path, version)
    assert kept.read_text() == signed
    sign_card(tmp_path, replace(first, version="nobody"))
    assert not card_path(tmp_path, "nobody").exists()
