"""Groups of other packages: imported only when named, named with their package when broken, and held to what a group must be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.assemble import assemble, declare_all, look_at
from leadq.features.build_training_data import build_training_data
from leadq.features.catalogue import Catalogue, Feature, FeatureWords, PlugIn
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.features.field_values import known_fields
from leadq.features.groups.plug_ins import installed_groups, load_for, load_named, plug_in_problems
from leadq.features.groups.protocol import DeclarationContext
from leadq.features.landmarks import training_points
from leadq.foundation.problems import BundleError, ConfigError, InputError
from leadq.serving.words.feature_words import feature_words_problems
from leadq.serving.words.sentences import Sentences, read_sentences
from tests.conformance.feature_groups.plug_in_packages import on_the_path, write_package
from tests.conformance.feature_groups.small_company import EASY, company, manifest, trained_with

REPLIES = PlugIn(name="replies", distribution="leadq-replies", version="1.0")
BASE = """
from dataclasses import replace
from leadq_replies import RepliesGroup

class Group(RepliesGroup):
    name = "other"
    def declare(self, context):
        return tuple(replace(one, name="other_" + one.name) for one in super().declare(context))
"""


@contextmanager
def other_package(site: Path, text: str, *, name: str = "leadq-other", point: str = "other") -> Iterator[None]:
    """Install a package whose module has ``text``, beside leadq-replies."""
    module = name.replace("-", "_")
    write_package(site, name, module, text, {point: f"{module}:GROUP"})
    with on_the_path(site):
        yield


def problem_of(error: type[Exception], load: Callable[[], object]) -> str:
    with pytest.raises(error) as raised:
        load()
    return str(raised.value)


def test_a_group_that_nobody_names_is_not_imported(tmp_path: Path, replies_installed: Path) -> None:
    with other_package(tmp_path, "raise RuntimeError('never imported')"):
        assert {"other", "replies"} <= set(installed_groups())
        (loaded,) = load_named(("replies",))
        assert loaded.plug_in == REPLIES
        assert "leadq_other" not in sys.modules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_library\nGROUP = 1", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise SystemExit('bye')", "SystemExit: bye"),
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
        assert [one.plug_in for one in load_named(("replies",))] == [REPLIES]


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


def _feature(**given: object) -> str:
    fields = {"name": "other_count", "family": "other", "kind": "number", "unit": "count", "source": "events"}
    fields |= {"meaning": "others", "known_because": "a test", **given}
    return f"Feature({', '.join(f'{name}={value!r}' for name, value in fields.items())})"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (_feature(name="company_employees"), "must not give a feature the name of another feature or column, got company_employees"),
        (_feature(name="own_lead_plan"), "name that begins with own_ or intent_, which come out of the data, got own_lead_plan"),
        (_feature(family="intent_demo"), "family that begins with own_ or intent_, which come out of the data, got intent_demo"),
        (_feature(name="status_reason"), "must not give a feature the name of another feature or column, got status_reason"),
        (_feature(name="Total €"), "must give a feature a name of small letters, digits and _, got Total €"),
        (_feature(kind="category", absent="zero"), 'must say absent="missing" of a category, got other_count'),
        (_feature(absent="never"), "must say of a feature whether it is a number or a category, and what absence means"),
        (_feature(meaning=" "), "must say what a feature means, for people, got other_count"),
        ("'a text'", "must declare features of leadq (leadq.features.catalogue.Feature), got str"),
        ("1 / 0", "must declare its features, got ZeroDivisionError: division by zero"),
    ],
)  # fmt: skip
def test_features_that_a_group_may_not_have_are_refused(
    tmp_path: Path, replies_installed: Path, write_history: Callable[..., History], declared: str, said: str
) -> None:
    text = f"{BASE}\n    def declare(self, context):\n        return ({declared},)\nGROUP = Group()"
    history = write_history(tmp_path / "history", company(1), **manifest())
    context = DeclarationContext(history=history, fields=known_fields(history), event_kinds=("demo_request",))
    with other_package(tmp_path, f"from leadq.features.catalogue import Feature\n{text}"):
        told = problem_of(ConfigError, lambda: declare_all(context, load_named(("other",))))
    assert told.startswith("feature group other of leadq-other 1.0: ")
    assert said in told


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return super().compute(context)", "must compute point_id and every feature it declares, got no other_reply_count_30d"),
        ("return None.nothing", "must compute its features, got AttributeError"),
        (
            "twice = context.points.union(context.points)\n        return twice.select('point_id', "
            "other_reply_hours=twice.as_of_us, other_reply_count_30d=twice.as_of_us, other_reply_speed=twice.lead_id)",
            "must have one row per point, got 44 rows for 22 points",
        ),
        (
            "points = context.points\n        return points.select('point_id', other_reply_hours=points.lead_id.cast('int64'), "
            "other_reply_count_30d=points.as_of_us, other_reply_speed=points.lead_id)",
            "must compute its features, got ConversionException",
        ),
    ],
)  # fmt: skip
def test_a_group_that_does_not_compute_what_it_must_is_named(
    tmp_path: Path,
    replies_installed: Path,
    write_history: Callable[..., History],
    agreement: Agreement,
    body: str,
    said: str,
) -> None:
    text = f"{BASE}\n    def compute(self, context):\n        {body}\nGROUP = Group()"
    history = write_history(tmp_path / "history", company(1), **manifest())
    with other_package(tmp_path, text), open_engine() as backend:
        tables = open_tables(backend, history)
        (loaded,) = load_named(("other",))
        nothing = Catalogue(
            features=(), horizon_days=30, ages_days=(0,), tracked_since={}, quarantined={}, plug_ins=(loaded.plug_in,)
        )
        context = look_at(tables, training_points(tables, (0,)), agreement, nothing)
        features = declare_all(context.declaration, (loaded,))[-3:]
        told = problem_of(InputError, lambda: assemble(context, replace(nothing, features=features)))
    assert told.startswith("feature group other of leadq-other 1.0: ")
    assert said in told


def with_replies(version: str = "1.0") -> Catalogue:
    feature = Feature(
        name="reply_count_30d", family="replies", kind="number", unit="count", source="events", meaning="replies",
        known_because="a test", group="replies",
    )  # fmt: skip
    return Catalogue(
        features=(feature,),
        horizon_days=30,
        ages_days=(0,),
        tracked_since={},
        quarantined={},
        plug_ins=(replace(REPLIES, version=version),),
    )


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
    assert named.catalogue.plug_ins == (REPLIES,)


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return read_sentences()


def test_a_feature_is_said_in_the_words_it_brings_and_else_by_its_meaning(
    sentences: Sentences, replies_installed: Path
) -> None:
    (loaded,) = load_named(("replies",))
    history = DeclarationContext(history=None, fields=(), event_kinds=())  # type: ignore[arg-type] - it declares the same of any
    hours, count, _ = loaded.group.declare(history)
    assert sentences.wording(hours).text("value") == "First replied {value} hours after coming in"
    assert sentences.wording(hours).text("missing") == "Has not replied so far"
    assert sentences.wording(hours).label == "Time to the first reply"
    assert sentences.wording(count).text("value") == "Replies in the last 30 days: {value}"
    assert sentences.family_label("replies") == "Replies"


def test_a_company_s_own_sentence_goes_before_the_words_of_a_package(sentences: Sentences) -> None:
    entry = {"match": "reply_hours", "label": "Antwortzeit", "value": "Antwort nach {value} Stunden"}
    document = {**sentences.document, "features": [entry, *sentences.document["features"]]}
    feature = replace(
        with_replies().features[0], name="reply_hours", words=FeatureWords(label="Time", value="After {value}")
    )
    assert (
        Sentences(document=document, source="sentences.yaml").wording(feature).text("value")
        == "Antwort nach {value} Stunden"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (FeatureWords(label="Reply", value="Won because of {value}"), "because"),
        (FeatureWords(label="Reply", value="reply_hours: {value}"), "reply_hours"),
        (FeatureWords(label="Reply", value="x" * 100), "at most 80 characters"),
        (FeatureWords(label="Reply", value="{kind_name}"), "may name only {value}, got kind_name"),
        (FeatureWords(label="", value="{value}"), "must hold a text 'label'"),
        (FeatureWords(label="Reply", value="{value}", style="loud"), "got loud"),
    ],
)
def test_words_that_sales_must_not_read_are_refused(words: FeatureWords, said: str) -> None:
    (problem,) = feature_words_problems([replace(with_replies().features[0], words=words)])
    assert said in str(problem)
    assert problem.where.startswith("feature group replies, words of reply_count_30d")
