"""Groups of other packages: imported only when named, named with their package when broken, in the version of the training."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.build_training_data import build_training_data
from leadq.features.catalogue import Catalogue, PlugIn
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.groups.plug_ins import installed_groups, load_for, load_named, plug_in_problems
from leadq.foundation.problems import BundleError, ConfigError
from tests.conformance.feature_groups.plug_in_packages import (
    BASE,
    REPLIES_PLUG_IN,
    on_the_path,
    other_package,
    problem_of,
    with_replies,
)
from tests.conformance.feature_groups.small_company import EASY, company, manifest, trained_with


def test_a_group_that_nobody_names_is_not_imported(tmp_path: Path, replies_installed: Path) -> None:
    with other_package(tmp_path, "raise RuntimeError('never imported')"):
        assert {"other", "replies"} <= set(installed_groups())
        (loaded,) = load_named(("replies",))
        assert loaded.plug_in == REPLIES_PLUG_IN
        assert "leadq_other" not in sys.modules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_library\nGROUP = 1", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise SystemExit('bye')", "SystemExit: bye"),
        ("class Stop(BaseException):\n    pass\nraise Stop('bye\\x1b[2J')", "Stop: bye\\x1b[2J)"),
        (
            f"{BASE}\n    @property\n    def needs_dates(self):\n        raise SystemExit(0)\nGROUP = Group()",
            "SystemExit: 0",
        ),
        ("X = 1", "AttributeError"),
        ("GROUP = object()", "must have name, needs_dates, across_leads, declare, compute, which object has not"),
        (f"{BASE}\nGROUP = Group", "must be an object, not the class Group"),
        (f"{BASE}\n    name = 'another'\nGROUP = Group()", "is called another"),
        (f"{BASE}\n    needs_dates = None\nGROUP = Group()", "must say needs_dates and across_leads"),
    ],
)
def test_a_broken_group_is_named_with_its_package_and_stops_no_other(
    tmp_path: Path, replies_installed: Path, text: str, said: str
) -> None:
    with other_package(tmp_path, text):
        told = problem_of(ConfigError, lambda: load_named(("other",)))
        assert told.startswith("feature group other of leadq-other 1.0: ")
        assert said in told
        assert "got leadq_other:GROUP" in told
        assert "take other out of params.yaml features: groups" in told
        assert [one.plug_in for one in load_named(("replies",))] == [REPLIES_PLUG_IN]


def test_a_package_without_a_name_is_not_called_none(tmp_path: Path, replies_installed: Path) -> None:
    with other_package(tmp_path, f"{BASE}\nGROUP = Group()"):
        (tmp_path / "leadq_other-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\n")
        (loaded,) = load_named(("other",))
        assert loaded.title == "feature group other of an unnamed package"
        feature = replace(with_replies().features[0], group="other")
        gone = replace(with_replies(), features=(feature,), plug_ins=(replace(loaded.plug_in, version="1.0"),))
        assert "got an unnamed package." in str(plug_in_problems(gone)[0])


def test_a_name_that_is_not_installed_gets_a_hint(replies_installed: Path) -> None:
    told = problem_of(ConfigError, lambda: load_named(("reply",)))
    assert told.startswith("params.yaml features: groups: must be a feature group that is installed, got reply.")
    assert "Did you mean replies?" in told


def test_all_that_is_wrong_is_told_at_once(replies_installed: Path) -> None:
    told = problem_of(ConfigError, lambda: load_named(("nowhere", "company", "replies", "replies")))
    assert "got nowhere" in told
    assert "got company. Leave it out: leadq's own groups are always there." in told
    assert "must not name a group twice, got replies" in told


def test_two_packages_with_one_name_are_both_named(tmp_path: Path, replies_installed: Path) -> None:
    with other_package(tmp_path, "GROUP = None", name="leadq-copy", point="replies"):
        told = problem_of(ConfigError, lambda: load_named(("replies",)))
    assert "leadq-copy 1.0 and leadq-replies 1.0 both bring it" in told


def test_a_package_that_lies_on_the_path_twice_is_one(replies_installed: Path) -> None:
    with on_the_path(replies_installed):
        assert len(load_named(("replies",))) == 1


def test_a_model_asks_for_the_version_it_was_trained_with(replies_installed: Path) -> None:
    assert plug_in_problems(with_replies()) == ()
    (problem,) = plug_in_problems(with_replies("0.9"))
    assert "needs leadq-replies 0.9, as when the model was trained, got leadq-replies 1.0." in str(problem)
    assert "pip install 'leadq-replies==0.9'" in problem.remedy
    with pytest.raises(BundleError, match=r"needs leadq-replies 0\.9"):
        load_for(with_replies("0.9"))


def test_a_model_whose_group_is_not_installed_says_what_to_install() -> None:
    visits = PlugIn(name="visits", distribution="leadq-visits", version="2.1")
    feature = replace(with_replies().features[0], group="visits")
    (problem,) = plug_in_problems(replace(with_replies(), features=(feature,), plug_ins=(visits,)))
    assert "the model's feature group visits: needs leadq-visits 2.1" in str(problem)
    assert "pip install 'leadq-visits==2.1'" in problem.remedy


def test_a_group_of_which_no_feature_is_left_is_not_needed() -> None:
    assert plug_in_problems(with_replies().without({"reply_count_30d": "the same for every lead"})) == ()


@pytest.mark.acceptance
def test_what_is_installed_but_not_named_changes_no_catalogue(
    tmp_path: Path, replies_site: Path, write_history: Callable[..., History], agreement: Agreement
) -> None:
    history = write_history(tmp_path / "history", company(1), **manifest())
    with open_engine() as backend:
        without = build_training_data(backend, history, agreement, EASY)
    with on_the_path(replies_site), open_engine() as backend:
        installed = build_training_data(backend, history, agreement, EASY)
        named = build_training_data(backend, history, agreement, trained_with("replies"))
    assert installed.catalogue.to_json() == without.catalogue.to_json()
    assert installed.features.tobytes() == without.features.tobytes()
    more = [name for name in named.catalogue.names if name not in without.catalogue.names]
    assert more == ["reply_hours", "reply_count_30d", "reply_speed"]
    assert Catalogue.from_json(named.catalogue.to_json()) == named.catalogue
    assert named.catalogue.plug_ins == (REPLIES_PLUG_IN,)
