"""Python of README and docs runs, YAML is read by leadq's own readers, TOML by Python's, SQL by a parser; nothing is passed over."""

from __future__ import annotations

import ast
import doctest
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlglot
import yaml

import leadq
from leadq.agreement.read import parse_agreement
from leadq.agreement.template import template_text
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.config.schema import Config
from leadq.foundation.problems import ConfigError
from leadq.pipelines.project.params import read_settings
from leadq.serving.words.playbook import read_playbook
from tests.docs.blocks import ROOT, SHELL, Block, blocks
from tests.docs.conftest import Template
from tests.docs.test_commands import is_output

PIECE_OF = {
    ("docs/howto/add-a-leak-check.md", "dates = {column_of"): "features/leak_checks/run_checks.py",
    ("docs/howto/add-a-leak-check.md", "(15, "): "features/leak_checks/table.py",
    ("docs/howto/add-a-leak-check.md", "def test_a_date_of_the_decision"): "tests/features/leak_checks/conftest.py",
}
"""Blocks that are put into a file of ours: they must be Python, and name what that file has."""
BEFOREHAND = {
    "docs/howto/add-a-crm.md": """
from typing import Literal
from leadq.crm.config.delivery_settings import TargetSettings
from leadq.crm.connectors.connector import Connector, Surroundings
from leadq.crm.connectors.protocol import Target
from leadq.foundation.secret import Reference, secret
""",
}
"""What a page's Python takes for granted."""
CHECKED = {*SHELL, "python", "pycon", "yaml", "toml", "sql"}
LEADQ_YAML = """\
sources: {leads: {path: leads.csv}}
outcome: {from: lead_columns, column: status, won: [won], lost: [lost]}
databases: {warehouse: {url: "postgresql://leadq@warehouse.example/sales"}}
"""


def python_pages() -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = defaultdict(list)
    for block in blocks("python"):
        found[block.page].append(block)
    return found


def piece_of(block: Block) -> str | None:
    return next(
        (file for (page, begin), file in PIECE_OF.items() if block.page == page and block.text.startswith(begin)), None
    )


def leads_of(scorer: Any) -> pd.DataFrame:
    """Return a frame with a scorer's columns: numbers, and words that the model knows."""
    random = np.random.default_rng(0)
    columns = {
        one.name: random.choice(one.vocabulary, 20) if one.kind == "category" else random.normal(1, 1, 20)
        for one in scorer.bundle.catalogue.features
    }
    return pd.DataFrame(columns)


def test_no_block_is_in_a_language_that_nobody_checks() -> None:
    languages = {
        word
        for page in (ROOT / "docs").rglob("*.md")
        for word in re.findall(r"(?m)^ *```(\w+)", page.read_text("utf-8"))
    }
    assert languages - CHECKED <= {"text"}


@pytest.mark.integration
@pytest.mark.parametrize("page", python_pages())
def test_the_python_of_a_page_runs(
    page: str, template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = template.copied(tmp_path / "my-leads")
    bundle = project / "store" / "models" / template.names["3f2a9c81d07b"]
    space: dict[str, Any] = {"__name__": "page", "leads": leads_of(leadq.Scorer(bundle))}
    exec(BEFOREHAND.get(page, ""), space)
    for block in python_pages()[page]:
        code = block.text.replace("3f2a9c81d07b", bundle.name)
        monkeypatch.chdir(project if "store/" in code else tmp_path)
        file = piece_of(block)
        if file is None:
            exec(compile(code, str(block), "exec"), space)
        else:
            ast.parse(code.rstrip().rstrip(","))


def test_a_piece_of_a_file_is_still_a_piece_of_it() -> None:
    """Lines of the block that are not new stand in the file, as they are."""
    for block in (block for blocks_ in python_pages().values() for block in blocks_):
        file = piece_of(block)
        if file is not None and file.startswith("features/leak_checks/run"):
            there = {line.strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()}
            old = {line.strip() for line in block.text.splitlines() if "dates" not in line and "same_day" not in line}
            assert old <= there, f"{block}: {file} has no longer {sorted(old - there)}"
    assert all(
        any(piece_of(one) == file for some in python_pages().values() for one in some) for file in PIECE_OF.values()
    )


def test_the_sessions_of_a_page_answer_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "agreement.yaml").write_text(template_text(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    pages: dict[str, list[str]] = defaultdict(list)
    for block in blocks("pycon"):
        pages[block.page].append(block.text)
    assert "docs/api.md" in pages
    for page, texts in pages.items():
        session = doctest.DocTestParser().get_doctest("\n".join(texts), {}, page, page, 0)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(session)
        assert runner.summarize(verbose=False).failed == 0, page


def read_yaml_block(block: Block, folder: Path) -> None:
    """Give YAML to the reader of the file that it is a part of, completed to a whole file."""
    keys = set(yaml.safe_load(block.text))
    config = {field.alias or name for name, field in Config.model_fields.items()}
    readers: dict[str, tuple[set[str], Callable[[], object]]] = {
        "playbook": (
            {"version", "owner", "steps"},
            lambda: read_playbook(_written(folder / "playbook.yaml", block.text)),
        ),
        "leadq": (config, lambda: _read_config(folder, block.text)),
        "params": (
            {"seed", "read_at", "fit", "features", "engine", "report", "simulate"},
            lambda: read_settings(_written(folder / "params.yaml", block.text)),
        ),
        "agreement": (
            set(yaml.safe_load(template_text())),
            lambda: parse_agreement(_merged(template_text(), block.text), where="agreement.yaml"),
        ),
    }
    for known, read in readers.values():
        if keys <= known:
            read()
            return
    raise AssertionError(f"{block}: of which file are {sorted(keys)}?")


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _merged(whole: str, part: str) -> str:
    """Return ``whole`` with the sections of ``part`` in the place of its own."""
    for key in yaml.safe_load(part):
        whole = re.sub(rf"(?m)^{key}:.*\n(?:(?:[ #-].*)?\n)*", "", whole)
    return whole + part


def _read_config(folder: Path, text: str) -> object:
    names = re.findall(r"\$\{(\w+)", text)
    environment = {
        name: "postgresql://leadq@warehouse.example/sales" if name.endswith("URL") else "x" for name in names
    }
    whole = "" if re.search("(?m)^flat:", text) else LEADQ_YAML  # a file without dates has no sources
    return read_config(_written(folder / "leadq.yaml", _merged(whole, text)), environment=environment)


@pytest.mark.parametrize("block", list(blocks("yaml")), ids=str)
def test_yaml_is_read_by_the_reader_of_its_file(block: Block, tmp_path: Path) -> None:
    read_yaml_block(block, tmp_path)


def test_yaml_that_is_wrong_is_found(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tabel"):
        read_yaml_block(Block("x.md", 1, "yaml", "score_table: {database: warehouse, tabel: scores}\n"), tmp_path)
    with pytest.raises(AssertionError, match="of which file"):
        read_yaml_block(Block("x.md", 1, "yaml", "scoretable: {}\n"), tmp_path)


def test_toml_and_sql_can_be_read() -> None:
    for block in blocks("toml"):
        assert tomllib.loads(block.text), block
    for block in blocks("sql"):
        assert sqlglot.parse_one(block.text.rstrip().rstrip(";"), dialect="postgres"), block


def test_what_a_program_answers_is_told_from_what_it_is_asked() -> None:
    answers = [block for block in blocks("") if is_output(block)]
    assert [block.page for block in answers] == ["docs/howto/change-the-wording.md"]
