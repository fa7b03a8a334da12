"""The evaluation report says the figures that stand in the data, to a head of sales and to a statistician, and opens offline."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import numpy as np
import pytest

from leadq.features.leak_checks.table import CheckRow
from leadq.models.bundle.bundle import Bundle
from leadq.models.tiers.tier_offers import TierCut
from leadq.pipelines.report.evaluation_page import render_evaluation
from leadq.pipelines.report.figures import gather
from leadq.pipelines.report.sales_words import first_page
from tests.pipelines.report.conftest import Company

HEADINGS = (
    "Can sales rely on this score?",
    "Does each tier keep its promise?",
    "How many wins are in the leads you can work?",
    "What this could not show",
    "Rolling origins",
    "Are the probabilities right?",
    "Calibration test",
    "Score decomposition",
    "Against the base rate, points and a logistic regression",
    "Lift and cumulative gains",
    "Segments: actual over predicted wins",
    "Impact ratios",
    "Leak checks",
    "Settings, data and versions",
)
TESTS = ("Likelihood-ratio", "CORP", "bootstrap", "Holm", "Spiegelhalter", "four-fifths", "80 % power")


def page_of(company: Company) -> str:
    return (company.project.reports / "evaluation.html").read_text(encoding="utf-8")


def words_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_page_holds_all_parts_and_names_its_tests(company: Company) -> None:
    words = words_of(page_of(company))
    at = [words.index(heading) for heading in HEADINGS]
    assert at == sorted(at)
    assert all(name in words for name in TESTS)
    assert words.index("For a statistician") > at[3]
    assert company.bundle.version in words
    assert "Not shown, because the data has no values in: leads.shoe_size." in words


def test_the_page_opens_offline(company: Company) -> None:
    page = page_of(company)
    assert not re.findall(r"https?:|<script|<link|@import|url\(", page)
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    for place in re.findall(r'"(-?[\d.]+)%"', page):
        assert 0 <= float(place) <= 100


def test_a_head_of_sales_reads_the_figures_of_the_tiers(company: Company) -> None:
    words = words_of(page_of(company))
    for tier in company.bundle.tiers:
        if tier.observed_rate is not None and 100 * tier.observed_rate >= 1:
            assert f"Of 100 leads in {tier.tier_id}, about {100 * tier.observed_rate:.0f} are won" in words
            assert f"({tier.won:,} of {tier.n:,} leads in the test were won)" in words
    row = company.held.at_capacity
    assert row is not None
    captured = (f"{100 * rate:.0f} of 100 wins" for rate in (row.model, row.points, row.share))
    assert all(told in words for told in captured)


def judged(tier_id: str, light: str, *, offered: bool) -> TierCut:
    return TierCut(
        tier_id=tier_id, promise=0.3, cut=0.3 if offered else None, offered=offered, n=100, won=36, observed_rate=0.36,
        mean_probability=0.35, probability_kept=0.9, rate_low=0.28, rate_high=0.44, light=light, why="only 100 leads",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lights", "verdict", "tone"),
    [
        ({"T1": True, "T2": True}, "You can rely on it: T1 and T2 can be promised", "good"),
        ({"T1": False, "T2": True}, "You can rely on it for T2; T1 cannot be promised", "warn"),
        ({"T1": False, "T2": False}, "but T1 and T2 cannot be promised", "warn"),
    ],
)
def test_the_verdict_is_about_the_promises(company: Company, lights: dict[str, bool], verdict: str, tone: str) -> None:
    tiers = tuple(judged(name, "GREEN" if offered else "RED", offered=offered) for name, offered in lights.items())
    told = first_page(replace(company.bundle, kind="booster", tiers=tiers), company.project.agreement, company.held)
    assert verdict in told.verdict
    assert told.tone == tone
    for row in told.tiers:
        assert "Of 100 leads in" in row.sentence
        assert "about 36 are won; 30 were promised. The true figure is likely between 28 and 44" in row.sentence
        assert ("not offered" in row.light) == bool(row.why) == (not lights[row.tier])
        assert row.low_at is not None
        assert row.high_at is not None
        assert row.low_at < (row.observed_at or 0) < row.high_at


def render(company: Company, bundle: Bundle, *, held: bool) -> str:
    checks = (CheckRow(check=4, what="one field", consequence="name", verdict="named", figure=0.8, words="<b>odd</b>"),)
    cannot = ["what <script>alert(1)</script> would bring"]
    return render_evaluation(
        bundle, company.project.agreement, company.held if held else None, cannot=cannot, checks=checks
    )


def test_what_comes_from_the_data_stays_text(company: Company) -> None:
    catalogue = replace(company.bundle.catalogue, quarantined={"own_<img src=x>": "told by <i>name</i>"})
    page = render(company, replace(company.bundle, catalogue=catalogue), held=True)
    assert not re.findall(r"<script|<img|<i>name|<b>odd", page)
    assert "&lt;img src=x&gt;" in page


def test_where_nothing_was_held_out_the_page_says_so(company: Company) -> None:
    evaluation = {**company.bundle.evaluation, "possible": False, "moments": [], "words": ["Nothing could be proved."]}
    evaluation |= dict.fromkeys(("versus_base", "versus_base_at_handoff", "versus_points", "versus_logistic"))
    page = words_of(render(company, replace(company.bundle, kind="base_rate", evaluation=evaluation), held=False))
    assert "Do not rely on it" in page
    assert "There were no later leads to test it on." in page
    assert "Rolling origins" not in page


def test_without_a_win_there_is_nothing_to_count(company: Company) -> None:
    wanted = company.project.settings.report
    nobody = company.held_out.assign(label=np.int8(0))
    for frame in (nobody, company.held_out.iloc[:0]):
        assert gather(frame, company.bundle, company.project.agreement, company.history, wanted, seed=7) is None
