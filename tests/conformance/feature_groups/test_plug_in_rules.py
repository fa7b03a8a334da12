"""What a group of another package declares, computes and says: held to what a feature must be, whatever it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.assemble import assemble, declare_all, look_at
from leadq.features.catalogue import Catalogue, Feature, FeatureWords
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.features.field_values import known_fields
from leadq.features.groups.plug_in_rules import declare
from leadq.features.groups.plug_ins import LoadedGroup, load_named
from leadq.features.groups.protocol import DeclarationContext
from leadq.features.landmarks import training_points
from leadq.foundation.problems import ConfigError, InputError
from leadq.serving.words.feature_words import feature_words_problems
from leadq.serving.words.sentences import Sentences, read_sentences
from tests.conformance.feature_groups.plug_in_packages import (
    BASE,
    REPLIES_PLUG_IN,
    other_package,
    problem_of,
    with_replies,
)
from tests.conformance.feature_groups.small_company import company, manifest


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
        ("__import__('sys').exit(0)", "must declare its features, got SystemExit: 0"),
        (_feature(name=["a"]), "must give a feature a name of small letters, digits and _, got list"),
        (_feature(name="a\x1b"), r"must give a feature a name of small letters, digits and _, got a\x1b"),
        (_feature(unit=3), "must give a feature a unit, a text, got other_count"),
        (_feature(source=None), "must give a feature a source, a text, got other_count"),
        (_feature(known_because=" "), "must give a feature a known_because, a text, got other_count"),
        (_feature(meaning="a\nb"), "must give a feature a meaning of one line, without control characters, got other_count"),
        (_feature(unit="a\x00"), "must give a feature a unit of one line, without control characters, got other_count"),
        (_feature(window_days=True), "must give a feature a window_days of whole days, 1 to 36500, or None, got other_count"),
        (_feature(window_days=0), "must give a feature a window_days of whole days"),
        ("replace(super().declare(context)[0], window_days=object())", "must give a feature a window_days of whole days"),
        (_feature(proven="no"), "must say of a feature whether it is proven, True or False, got other_count"),
        (_feature(words="text"), "must give a feature its words as FeatureWords of leadq"),
        (_feature(words=FeatureWords(label="a\x1b[2J", value="b")), "must give a feature's words a label of one line of text"),
        (_feature(words=FeatureWords(label="a", value=7)), "must give a feature's words a value of one line of text"),  # type: ignore[arg-type]
        (_feature(words=FeatureWords(label="a", value="b", one="\u202e")), "must give a feature's words a one of one line"),
        (_feature(words=FeatureWords(label="a", value="b", add=1)), "must say add of a feature's words, True or False"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_features_that_a_group_may_not_have_are_refused(
    tmp_path: Path, replies_installed: Path, write_history: Callable[..., History], declared: str, said: str
) -> None:
    text = f"{BASE}\n    def declare(self, context):\n        return ({declared},)\nGROUP = Group()"
    history = write_history(tmp_path / "history", company(1), **manifest())
    context = DeclarationContext(history=history, fields=known_fields(history), event_kinds=("demo_request",))
    with other_package(tmp_path, f"from leadq.features.catalogue import Feature, FeatureWords\n{text}"):
        told = problem_of(ConfigError, lambda: declare_all(context, load_named(("other",))))
    assert told.startswith("feature group other of leadq-other 1.0: ")
    assert said in told


@pytest.mark.parametrize("owner", [Feature, FeatureWords])
def test_no_field_of_a_feature_or_its_words_is_taken_as_anything(owner: type) -> None:
    words = FeatureWords(label="Replies", value="{value} replies")
    whole = replace(with_replies().features[0], words=words)
    for one in fields(owner):
        if one.name in ("vocabulary", "spellings", "group"):  # leadq sets them
            continue
        wrong = {one.name: object()}
        feature = replace(whole, **wrong) if owner is Feature else replace(whole, words=replace(words, **wrong))
        stub = SimpleNamespace(declare=lambda _, feature=feature: (feature,))
        loaded = LoadedGroup(group=stub, plug_in=REPLIES_PLUG_IN)  # type: ignore[arg-type]
        assert "feature group replies of leadq-replies 1.0" in problem_of(
            ConfigError,
            partial(declare, loaded, None, ()),  # type: ignore[arg-type]
        )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return super().compute(context)", "must compute point_id and every feature it declares, got no other_reply_count_30d"),
        ("return None.nothing", "must compute its features, got AttributeError"),
        ("raise SystemExit(0)", "must compute its features, got SystemExit: 0"),
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


@pytest.mark.parametrize(
    ("meaning", "said"), [("won because of replies", "because"), ("x" * 100, "at most 80 characters")]
)
def test_a_meaning_that_sales_must_not_read_is_refused(meaning: str, said: str) -> None:
    (problem,) = feature_words_problems([replace(with_replies().features[0], meaning=meaning)])
    assert said in str(problem)
    assert problem.where == "feature group replies, meaning of reply_count_30d"
