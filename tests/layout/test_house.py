"""The house is in order, and each of its rules would say so if it were not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.layout.house import (
    ROOMS,
    RULES,
    Checkout,
    addresses_exist,
    architecture_is_whole,
    crms_are_named_at_home,
    documents_exist,
    files_are_short,
    folders_are_small,
    folders_say_what_they_hold,
    links_are_relative,
    markdown_is_laid_out,
    names_say_something,
    neighbours_exist,
    one_import_name,
    one_yaml_reader,
)
from tests.layout.literal_paths import engines_read_literal_paths

HERE = Checkout(Path(__file__).parents[2])
Rule = Callable[[Checkout], Iterator[str]]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what the rules read of this checkout, links as links."""
    root = tmp_path_factory.mktemp("checkout")
    for name in HERE.files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HERE.root / name, root / name)
    for room in ROOMS:
        (root / "leadq" / room).symlink_to(Path("..") / room)
    return root


class Copied(Checkout):
    """A copy without git: all of its files count."""

    @property
    def files(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()))


@pytest.fixture(autouse=True)
def _in_git() -> None:
    if not (HERE.root / ".git").exists():
        pytest.skip("not a git checkout: what is committed cannot be listed")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_is_in_order(rule: Rule) -> None:
    assert list(rule(HERE)) == []


PLANTED: list[tuple[Rule, str, str, str]] = [
    (one_import_name, "serving/words/text.py", "from models.bundle.bundle import Bundle\n", "must say leadq.<room>"),
    (one_import_name, "pipelines/desk.py", "import pipelines.cli.main\n", "must say leadq.<room>"),
    (one_import_name, "tests/conftest.py", '\nNAME = "models.bundle.bundle.read_bundle"\n', "must be leadq.models"),
    (one_import_name, "tests/conftest.py", '\nresources.files("serving.words")\n', "must say leadq.<room>"),
    (one_import_name, "Makefile", "\ndemo2:\n\tpython -m pipelines demo\n", "must say leadq.<room>"),
    (one_import_name, "docs/evidence.md", "\nMade by `models.evaluation.lift`.\n", "must be leadq.models.evaluation"),
    (one_import_name, "README.md", "\n```\nfrom crm.contract import history\n```\n", "must say leadq.<room>"),
    (addresses_exist, "README.md", "\nSee `models/evaluation/lifts.py`.\n", "models/evaluation/lifts.py is not there"),
    (addresses_exist, "crm/__init__.py", '\nHERE = "leadq.crm.places.Place"\n', "leadq.crm.places.Place is not there"),
    (addresses_exist, "crm/__init__.py", '\nHERE = "leadq.agreement.decide.decide_all"\n', "decide_all is not there"),
    (neighbours_exist, "models/fit/anchor.py", "# see ``recount.py``\n", "recount.py is neither beside it"),
    (
        one_yaml_reader,
        "crm/config/schema.py",
        "\nfrom yaml import safe_load\n",
        "must read YAML with foundation/yaml_reader",
    ),
    (one_yaml_reader, "models/live/words.py", "def f():\n    import ruamel.yaml\n", "must read YAML with"),
    (
        engines_read_literal_paths,
        "models/fit/anchor.py",
        "\ndef f(c, p):\n    c.read_parquet(str(p))\n",
        "must say hive_partitioning=false",
    ),
    (
        engines_read_literal_paths,
        "crm/gate/counts.py",
        "\ndef f(c, p):\n    c.read_csv(str(p), **AS_IT_STANDS)\n",
        "must be given engine_path(...)",
    ),
    (
        engines_read_literal_paths,
        "models/fit/anchor.py",
        '\nSQL = "FROM read_json($p, hive_partitioning=false)"\n',
        "must get its path from engine_path",
    ),
    (engines_read_literal_paths, "models/fit/anchor.py", "\nx = pq.read_table('a')\n", "must say partitioning=None"),
    (
        engines_read_literal_paths,
        "models/fit/anchor.py",
        "\nx = s.read.parquet('a')\n",
        "must get its path from spark_path",
    ),
    (documents_exist, "models/fit/anchor.py", '"""See docs/speed.md."""\n', "docs/speed.md is not there"),
    (documents_exist, "models/fit/anchor.py", '"""As promise 9 says."""\n', "docs/promises.md has no promise 9"),
    (documents_exist, "docs/promises.md", "\nHeld by `tests/test_memory.py`.\n", "tests/test_memory.py is not there"),
    (documents_exist, "README.md", "\nSee method section 3.\n", "'method section 3' names no document"),
    (names_say_something, "models/fit/helpers.py", '"""Help."""\n', "nobody guesses what helpers is"),
    (names_say_something, "models/fit/patience.py", '"""Wait."""\n', "nobody guesses what patience is"),
    (names_say_something, "models/fit/ingest.py", '"""A third one."""\n', "ingest.py stands 3 times"),
    (files_are_short, "benchmarks/long.py", "x = 1\n" * 301, "benchmarks/long.py: 301 lines"),
    (crms_are_named_at_home, "models/fit/kinds.py", 'KIND = "HubSpot"\n', "models/fit/kinds.py names hubspot"),
    (architecture_is_whole, "models/fit/stacking.py", '"""New."""\n', "does not name models/fit/stacking.py"),
    (markdown_is_laid_out, "README.md", "\nWords that a script\nhas torn.\n", "README.md must be laid out anew"),
    (folders_say_what_they_hold, "crm/deals/__init__.py", '"""Deals."""\n', "crm/deals/__init__.py must say"),
    (folders_say_what_they_hold, "crm/quotes/quotes.py", '"""Quotes."""\n', "crm/quotes/__init__.py must say"),
]


@pytest.mark.parametrize(
    ("rule", "name", "fault", "complaint"), PLANTED, ids=lambda one: getattr(one, "__name__", None)
)
def test_a_planted_fault_is_found(copied: Path, rule: Rule, name: str, fault: str, complaint: str) -> None:
    path = copied / name
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((before or "") + fault, encoding="utf-8")
    try:
        assert complaint in "\n".join(rule(Copied(copied)))
    finally:
        path.unlink() if before is None else path.write_text(before, encoding="utf-8")


def test_a_link_elsewhere_a_crowd_and_a_lost_module_are_found(copied: Path) -> None:
    link = copied / "leadq" / "crm"
    link.unlink()
    link.symlink_to(copied / "crm")
    assert list(links_are_relative(Copied(copied))) == ["leadq/crm must be a relative link to ../crm"]
    link.unlink()
    link.symlink_to(Path("..") / "crm")
    crowd = [copied / "models" / "tiers" / f"cut_{number}.py" for number in range(16)]
    assert not any("models/tiers: " in complaint for complaint in folders_are_small(Copied(copied)))
    for one in crowd:
        one.write_text('"""One of many."""\n', encoding="utf-8")
    assert any("models/tiers: " in complaint for complaint in folders_are_small(Copied(copied)))
    for one in crowd:
        one.unlink()
    lost = copied / "models" / "tiers" / "cuts.py"
    kept = lost.read_bytes()
    lost.unlink()
    assert "docs/architecture.md names models/tiers/cuts.py, which is not there" in architecture_is_whole(
        Copied(copied)
    )
    lost.write_bytes(kept)
