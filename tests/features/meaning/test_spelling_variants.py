"""Words that may be one are proposed, and the line that is proposed merges them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.reading.ingest import read_history
from leadq.features.meaning.spelling_variants import bare, spelling_variants
from leadq.pipelines.project.value_lines import values_line

SAME = [
    ("Web Form", "Webform", "web-form", "WEB_FORM"),
    ("Acme GmbH & Co. KG", "ACME", "Acme Inc.", "acme, Ltd"),
    ("Messe München", "Messe Munchen"),
]
APART = ["C", "C++", "C#", "1-10", "110", "1.5", "15", "A", "A+", "v1.2", "v12", "Trade fair", "Trade", "", "-", "KG"]


@pytest.mark.parametrize("words", SAME)
def test_words_that_people_write_in_two_ways_share_a_key(words: tuple[str, ...]) -> None:
    assert len({bare(word) for word in words}) == 1


def test_words_that_differ_in_more_do_not() -> None:
    keys = [bare(word) for word in APART]
    assert len(set(keys) - {""}) == len([word for word in APART if bare(word)])


def test_what_is_proposed_merges_what_it_says(tmp_path: Path) -> None:
    sources = [*["Web Form"] * 5, *["web form "] * 3, *["Webform"] * 3, "web-form", *["Trade fair"] * 4]
    rows = [
        f"L{number},2025-03-{number + 1:02}T00:00:00Z,{word},won,2025-03-{number + 2:02}T00:00:00Z"
        for number, word in enumerate(sources)
    ]
    (tmp_path / "leads.csv").write_text(
        "lead_id,created_at,source,result,closed_at\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    start = "store: store\nagreement: agreement.yaml\nsources:\n  leads:\n    path: leads.csv\n"
    outcome = "outcome: {from: lead_columns, column: result, won: [won], lost: [lost]}\n"

    def variants(more: str, name: str):  # type: ignore[no-untyped-def]
        (tmp_path / "leadq.yaml").write_text(start + more + outcome, encoding="utf-8")
        config = read_config(tmp_path / "leadq.yaml", environment={})
        return config, spelling_variants(
            read_history(config, folder=tmp_path / name, read_at=datetime(2026, 1, 1, tzinfo=UTC))
        )

    config, (found,) = variants("", "first")
    assert (found.column, found.word, found.rows) == ("leads.source", "Web Form", 4)
    assert found.others == ("Webform", "web-form")
    line = values_line(config, found.column, dict.fromkeys(found.others, found.word)).partition(" (in ")[0]
    assert variants(f"    {line}\n", "second")[1] == ()
