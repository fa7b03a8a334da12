"""Spark gives what DuckDB gives, bit for bit: training data, tonight's leads, the bundle, the parts of the score table.

All in one file, so that one Java process serves all of it. The company is the simulated one with everything added that two
engines could read differently: odd texts, numbers and recorded values, late knowledge, leads without a date, leads that were rejected
and came back.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.template import template_text
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History, write_manifest
from leadq.crm.reading.ingest import read_history
from leadq.crm.simulated import CompanySettings, simulate, write_company
from leadq.features.build_training_data import build_training_data
from leadq.features.business_hours import opening_days, with_business_us
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.engine.text_values import flag_in, moment_in, number_in
from leadq.features.feature_settings import FeatureSettings
from leadq.features.meaning.expressions import codes_of, fold
from leadq.features.meaning.gather_lists import newest_meaning
from leadq.features.meaning.people import email_kind, listed_kinds, read_titles
from leadq.features.meaning.sizes import bounds, size_in
from leadq.features.meaning.spelling_keys import folded
from leadq.features.tonight import OpenLeads, tonight
from leadq.features.training_data import TrainingData
from leadq.foundation.problems import BundleError
from leadq.models.base.fit_settings import FitSettings
from leadq.models.bundle.bundle import Bundle, documents, version_of
from leadq.models.training.train_bundle import train_bundle
from leadq.pipelines.project.engine_choice import java_size, project_engine
from leadq.pipelines.project.params import Settings
from leadq.pipelines.project.project import Project
from leadq.serving.scoring.changes.previous_facts import PreviousFacts
from leadq.serving.scoring.changes.previous_scores import PreviousScores
from leadq.serving.scoring.changes.score_reuse import PreviousStates
from leadq.serving.scoring.scoring_run import ScoringRun
from leadq.serving.scoring.table.night_parts import read_part, regrouped, score_parts, told_by
from leadq.serving.scoring.table.score_table_file import finish_scores, write_states
from tests.conformance.feature_groups.plug_in_packages import REPLIES, install, on_the_path
from tests.features.test_business_hours import in_memory, moments

if find_spec("pyspark") is None:
    pytest.skip("pyspark is not installed (extra spark)", allow_module_level=True)
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("Java 17 is not installed", allow_module_level=True)

from leadq.features.engine.spark_engine import SparkEngine
from leadq.serving.scoring.spark.spark_scoring import LeadsOnSpark, score_parts_on_spark, tonight_on_spark

# py4j and Spark's broadcasts leave sockets and files to the garbage collector
pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning",
        "ignore::pytest.PytestUnraisableExceptionWarning",
        "ignore::DeprecationWarning:pyspark",
    ),
]

ODD = (
    "a\\b", "x'y", 'q"z', "back`tick", "${env:HOME}", "--", "\x0bv\x0cf\x07", "%s{0}", "NULL", " ", "", "NaN", "inf",
    "İstanbul ΣΑΣ", "ceo.Σ", "geschäftsführer", "\u202e\u2028", "🦆", "-0", "1.5f", "\\u0041", "CTO\tof\nall",
)  # fmt: skip
RECORDED = ("12", " 7.5 ", "1_000", "1.5f", "0x1p3", "nan", "-inf", "1e309", "", "-0", ".5", "\x0c9", "zwölf", "1e5")
HEADINGS = (
    "Employees\n(FTE)", "a.b `c` \"d\" it's", "renewal_at", "created_us", "point_id", "leads", "${env:HOME}", "{0} %s", "価格", "x" * 300,
)  # fmt: skip
SMALL = FeatureSettings(
    min_wins_at_age=1, min_rows_of_value=1, max_event_kinds=2, ages_days=(0, 7, 30), groups=("replies",)
)
FIT = FitSettings(n_folds=3, grid_num_leaves=(3,), max_rounds=200, n_origins=2, bootstrap_repeats=20, threads=1)
QUICK = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "3",
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
}
"""Settings of Spark for little data: what compiling would save is less than it costs."""


def odd_column(column: pa.ChunkedArray, draw: np.random.Generator) -> pa.Array:
    """Put odd texts in place of a fifth of a column."""
    values = column.to_pylist()
    for row in np.flatnonzero(draw.random(len(values)) < 0.2):
        values[row] = ODD[int(draw.integers(len(ODD)))]
    return pa.array(values, column.type)


def with_odd_headings(history: History) -> History:
    """Call the company's own columns as no engine would like to have them called."""
    called = dict(zip(((one.entity, one.name) for one in history.own_fields), cycle(HEADINGS), strict=False))
    for name, entity in (("leads", "lead"), ("accounts", "account")):
        table = pq.read_table(history.path(name))
        table = table.rename_columns([called.get((entity, column), column) for column in table.column_names])
        pq.write_table(table, history.path(name))
    own = tuple(replace(one, name=called[one.entity, one.name]) for one in history.own_fields)
    since = {
        f"{entity}.{called.get((entity, name), name)}": moment
        for (entity, _, name), moment in ((key.partition("."), moment) for key, moment in history.tracked_since.items())
    }
    return replace(history, own_fields=own, tracked_since=since)


def make_odd(history: History) -> History:
    """Rewrite some of a history's columns."""
    draw = np.random.default_rng(5)
    odd = {
        "leads": ("title", "source", "campaign", "email_domain", "country", "owner", "need"),
        "accounts": ("industry", "domain", "country"),
    }
    for name, columns in odd.items():
        table = pq.read_table(history.path(name))
        for column in columns:
            place = table.column_names.index(column)
            table = table.set_column(place, table.field(place), odd_column(table[column], draw))
        if name == "leads":
            no_date = pa.array(np.arange(table.num_rows) % 40 == 0)
            place = table.column_names.index("created_at")
            created = pa.compute.if_else(no_date, pa.scalar(None, table.field(place).type), table["created_at"])
            table = table.set_column(place, pa.field("created_at", table.field(place).type), created)
        else:
            place = table.column_names.index("employees")
            numbers = table["employees"].to_pylist()
            for row, number in zip(range(0, len(numbers), 9), [float("nan"), -0.0, 1e9] * 99, strict=False):
                numbers[row] = number
            table = table.set_column(place, table.field(place), pa.array(numbers, table.field(place).type))
        pq.write_table(table, history.path(name))
    changes = pq.read_table(history.path("field_history"))
    old = changes["old_value"].to_pylist()
    for row in range(0, len(old), 3):
        old[row] = RECORDED[row // 3 % len(RECORDED)]
    place = changes.column_names.index("old_value")
    changes = changes.set_column(place, changes.field(place), pa.array(old, changes.field(place).type))
    pq.write_table(changes, history.path("field_history"))
    write_manifest(history)
    return history


def with_rejections(history: History) -> History:
    """Let sales reject some of the open leads: of every four one stays rejected, one is called back, one was a mistake."""
    closed = set(history.rows("outcomes")["lead_id"].to_pylist())
    leads = history.rows("leads").filter(pa.compute.field("created_at") < history.read_at - timedelta(days=4))
    still_open = sorted(set(leads["lead_id"].to_pylist()) - closed)
    rejected = {"decision": "rejected", "reason": "unreachable", "decided_at": history.read_at - timedelta(days=3)}
    answers, events = [], []
    for place, lead in enumerate(still_open):
        if place % 4 == 3:
            continue
        answers.append({"lead_id": lead, **rejected})
        later = history.read_at - timedelta(days=1)
        if place % 4 == 1:
            events.append({"lead_id": lead, "kind": "demo_request", "occurred_at": later, "known_at": later})
        if place % 4 == 2:
            answers.append({"lead_id": lead, "decision": "withdrawn", "decided_at": later})
    for name, rows in (("dispositions", answers), ("events", events)):
        table = history.rows(name)
        added = pa.Table.from_pylist([dict.fromkeys(table.column_names) | row for row in rows], schema=table.schema)
        pq.write_table(pa.concat_tables([table, added]), history.path(name))
    write_manifest(history)
    return history


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    folder: Path
    project: Project
    history: History

    @property
    def agreement(self) -> Agreement:
        return self.project.agreement


@pytest.fixture(scope="module", autouse=True)
def group_of_another_package(tmp_path_factory) -> Iterator[None]:
    """A plug-in's expressions run on Spark, too."""
    site = tmp_path_factory.mktemp("site")
    install(REPLIES, site)
    with on_the_path(site):
        yield


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    folder = tmp_path_factory.mktemp("spark") / "source=hubspot" / "a*b?[c] {d}%20#e"
    folder.mkdir(parents=True)
    company = simulate(CompanySettings(n_leads=1500, seed=11, noise_fields=1, base_rate=0.25))
    write_company(company, folder / "source")
    with (folder / "source" / "leadq.yaml").open("a") as file:
        file.write("engine: spark\nspark:\n  config:\n")
        file.writelines(f'    {name}: "{value}"\n' for name, value in QUICK.items())
    config = read_config(folder / "source" / "leadq.yaml", environment={})
    history = read_history(config, folder=folder / "history", read_at=company.read_at)
    history = make_odd(with_rejections(with_odd_headings(history)))
    agreement = parse_agreement(template_text(), where="agreement.yaml")
    project = Project(
        folder=folder, config=config, agreement=agreement, settings=Settings(), now=company.read_at + timedelta(hours=1)
    )
    return World(folder=folder, project=project, history=history)


@pytest.fixture(scope="module")
def spark(world: World) -> Iterator[SparkEngine]:
    with project_engine(world.project, spill=world.folder / "spill") as engine:
        yield engine


@pytest.fixture(scope="module")
def on_duckdb(world: World) -> TrainingData:
    with open_engine(threads=2) as backend:
        return build_training_data(backend, world.history, world.agreement, SMALL)


@pytest.fixture(scope="module")
def on_spark(world: World, spark: SparkEngine) -> TrainingData:
    return build_training_data(spark, world.history, world.agreement, SMALL)


@pytest.fixture(scope="module")
def bundle(world: World, on_spark: TrainingData) -> Bundle:
    """Trained on what Spark built."""
    return trained(on_spark, world)


@pytest.fixture(scope="module")
def leads(world: World, spark: SparkEngine, on_spark: TrainingData) -> LeadsOnSpark:
    as_of = world.history.read_at
    leads = OpenLeads(history=world.history, agreement=world.agreement, catalogue=on_spark.catalogue, as_of=as_of)
    return tonight_on_spark(spark, leads)


def trained(data: TrainingData, world: World) -> Bundle:
    made = train_bundle(data, world.agreement, FIT, provenance={}, read_at=world.history.read_at).bundle
    return replace(made, version=version_of(documents(made)))


def bits(table: pa.Table) -> dict[str, list[bytes | None]]:
    """Every value as bytes: NaN equals itself, 0 is not -0."""

    def of(value: object) -> bytes | None:
        return (
            None if value is None else np.float64(value).tobytes() if isinstance(value, float) else repr(value).encode()
        )

    return {name: [of(value) for value in table[name].to_pylist()] for name in table.column_names}


def test_training_data_is_bit_equal(on_duckdb, on_spark):
    assert on_spark.catalogue == on_duckdb.catalogue
    assert {"reply_hours", "reply_count_30d", "reply_speed"} <= set(on_spark.catalogue.names)
    assert {"", " "}.isdisjoint(on_spark.catalogue.features[0].vocabulary)
    assert any("${env:HOME}" in feature.vocabulary for feature in on_spark.catalogue.features)
    assert on_spark.features.shape[0] > 1000
    assert on_spark.features.tobytes() == on_duckdb.features.tobytes()
    assert on_spark.meta.equals(on_duckdb.meta)


def test_business_time_is_bit_equal(world, spark):
    rows, time = moments(3000)
    pq.write_table(rows, world.folder / "pairs.parquet")
    pairs = spark.open_parquet(world.folder / "pairs.parquet", "pairs")
    told = with_business_us(pairs, opening_days(time), start="start", end="end", name="open_us", country="country")
    found = spark.to_pyarrow(told.order_by("row"))
    assert found["open_us"].type == pa.int64()
    assert found["open_us"].to_pylist() == in_memory(rows, time, country=True)


def test_tonights_leads_are_bit_equal_and_in_order(world, leads, on_duckdb):
    as_of = world.history.read_at
    with open_engine(threads=1) as backend:
        expected = pa.Table.from_batches(
            list(
                tonight(
                    backend,
                    OpenLeads(
                        history=world.history, agreement=world.agreement, catalogue=on_duckdb.catalogue, as_of=as_of
                    ),
                )
            )
        )
    found = pa.Table.from_batches(list(leads.batches()))
    assert len(list(leads.folder.glob("part-*"))) == 3
    assert found.schema.equals(expected.schema)
    assert found["status_reason"].to_pylist().count("no date") > 1
    rejected, returned = (found[name].is_valid().to_numpy() for name in ("rejected_at", "returned_at"))
    assert min((rejected & ~returned).sum(), returned.sum()) > 10
    assert bits(found) == bits(expected)


@pytest.mark.acceptance
def test_one_lead_and_leads_since_a_moment(world, spark, leads, on_duckdb):
    lead_id = next(leads.batches()).column("lead_id")[7].as_py()
    asked = {"as_of": world.history.read_at, "lead_id": lead_id}
    with open_engine(threads=1) as backend:
        (expected,) = tonight(
            backend, OpenLeads(history=world.history, agreement=world.agreement, catalogue=on_duckdb.catalogue, **asked)
        )
    found = list(
        tonight(
            spark, OpenLeads(history=world.history, agreement=world.agreement, catalogue=on_duckdb.catalogue, **asked)
        )
    )
    assert bits(pa.Table.from_batches(found)) == bits(pa.Table.from_batches([expected]))


def test_a_bundle_is_the_same_whoever_built_its_data(world, bundle, on_duckdb):
    assert trained(on_duckdb, world).version == bundle.version
    assert bundle.kind == "booster"


@pytest.fixture(scope="module")
def run(world: World, bundle: Bundle) -> ScoringRun:
    return ScoringRun(
        bundle=bundle, agreement=world.agreement, as_of=world.history.read_at, scored_at=world.project.now, run_id="run",
        snapshot_id="snapshot", threads=1,
    )  # fmt: skip


def test_the_score_table_is_the_same_file(tmp_path, leads, run):
    rows = 40  # several parts, cut elsewhere than Spark's own
    expected = score_parts(regrouped(leads.batches(), rows), run, tmp_path / "local")
    found = score_parts_on_spark(leads, run, tmp_path / "spark", rows=rows)
    assert len(found) == len(expected) > 2
    assert [part.name for part in found] == [part.name for part in expected]
    assert told_by(found) == told_by(expected)
    tables = [tmp_path / "spark.parquet", tmp_path / "local.parquet"]
    for parts, table in zip((found, expected), tables, strict=True):
        finish_scores(parts, table)
    assert tables[0].read_bytes() == tables[1].read_bytes()
    table = pq.read_table(tables[0])
    assert set(table["status"].to_pylist()) >= {"scored", "rejected"}
    back = table.filter(table["returned_at"].is_valid())["status"].to_pylist()
    assert "scored" in back
    assert "rejected" not in back
    assert not set(table.filter(pa.compute.equal(table["status"], "rejected"))["tier"].to_pylist()) - {None}


def test_a_night_goes_on_with_the_parts_that_are_there(tmp_path, leads, run):
    found = score_parts_on_spark(leads, run, tmp_path / "parts", rows=40)
    finish_scores(found, tmp_path / "once.parquet")
    kept = found[1].stat().st_mtime_ns
    found[0].unlink()
    found[2].write_bytes(b"damaged")
    again = score_parts_on_spark(leads, run, tmp_path / "parts", rows=40)
    finish_scores(again, tmp_path / "twice.parquet")
    assert found[1].stat().st_mtime_ns == kept
    assert sorted((tmp_path / "parts").iterdir()) == list(found)
    assert (tmp_path / "once.parquet").read_bytes() == (tmp_path / "twice.parquet").read_bytes()


def test_the_next_night_knows_what_was_said_before(tmp_path, leads, run):
    first = score_parts(regrouped(leads.batches()), replace(run, keep_states=True), tmp_path / "first")
    finish_scores(first, tmp_path / "first.parquet")
    write_states(first, tmp_path / "states.parquet")
    second = replace(
        run,
        as_of=run.as_of + timedelta(days=1),
        run_id="next",
        previous=PreviousScores(files=(tmp_path / "first.parquet",), as_of=run.as_of),
        previous_states=PreviousStates(file=tmp_path / "states.parquet"),
        keep_states=True,
    )
    expected = score_parts(regrouped(leads.batches()), second, tmp_path / "local")
    found = score_parts_on_spark(leads, second, tmp_path / "spark")
    assert [read_part(part).to_pylist() for part in found] == [read_part(part).to_pylist() for part in expected]
    assert told_by(found)[1] > 0


def test_the_night_after_a_promotion_tells_lead_and_model_apart(tmp_path, leads, run):
    finish_scores(score_parts(regrouped(leads.batches()), run, tmp_path / "first"), tmp_path / "first.parquet")
    known = pa.Table.from_batches(list(leads.batches()))
    pq.write_table(known, tmp_path / "facts.parquet")
    other = replace(run.bundle, calibrator=replace(run.bundle.calibrator, slope=run.bundle.calibrator.slope * 1.2))
    promoted = replace(
        run,
        bundle=replace(other, version=version_of(documents(other))),
        as_of=run.as_of + timedelta(days=1),
        run_id="next",
        previous=PreviousScores(files=(tmp_path / "first.parquet",), as_of=run.as_of),
        previous_facts=PreviousFacts(files={"snapshot": (tmp_path / "facts.parquet",)}),
    )
    tables = [tmp_path / "spark.parquet", tmp_path / "local.parquet"]
    for score, table in zip((score_parts_on_spark, _score_here), tables, strict=True):
        parts = score(leads, promoted, tmp_path / table.stem)
        assert told_by(parts)[2] == 0
        finish_scores(parts, table)
    assert tables[0].read_bytes() == tables[1].read_bytes()
    changed = [part for row in pq.read_table(tables[0])["changed"].to_pylist() for part in row or ()]
    assert any(part["model"] for part in changed)


def _score_here(leads, run, folder):
    return score_parts(regrouped(leads.batches()), run, folder)


def test_a_failing_task_says_what_is_wrong(tmp_path, leads, run):
    earlier = PreviousScores(files=(tmp_path / "gone.parquet",), as_of=run.as_of)
    with pytest.raises(BundleError, match=r"gone\.parquet: must be a readable score table"):
        score_parts_on_spark(leads, replace(run, previous=earlier), tmp_path, rows=40)
    assert not list(tmp_path.iterdir())


TEXTS = (
    *ODD, *RECORDED, "1.5", "+.5", "5.", "--5", "+-5", "1e400", "1e-400", "\u0661", "true", " True ", "F", "off", "yes", "5\n", "5\u2028",
    "2024-02-29", "2023-02-29", "2024-1-1", "2024", "epoch", "2024-01-01T10:00:00.123456789+02:00", "2024-01-01 24:00:00",
    "2024-01-01 10:00Z", "2024-01-01 10:00:59 UTC", "9999-12-31 23:59:59-14:59", "0000-01-01", " 2024-01-01\t", "2024-01-01 10:00:00-0330",
)  # fmt: skip


def test_values_out_of_texts_are_read_alike(spark):
    draw = np.random.default_rng(3)
    random = ["".join(draw.choice([*"0123456789.eE+-"], int(draw.integers(1, 9)))) for _ in range(400)]
    exact = [repr(float(value)) for value in draw.normal(size=200) * 10.0 ** draw.integers(-90, 90, 200)]
    texts = [*TEXTS, *random, *exact]
    rows = ibis.memtable(pa.table({"at": range(len(texts)), "text": texts}))
    words = rows.text
    read = rows.select(
        "at", number=number_in(words), flag=flag_in(words), moment=moment_in(words), bare=words.strip(), lower=words.lower(),
        ends=words.endswith("\\b"), holds=words.contains("${env"), chosen=words.isin(ODD), rest=words.substr(1),
        said=words.cases(*((word, f"is {word}") for word in ODD), else_="other"),
    ).order_by("at")  # fmt: skip
    with open_engine(threads=1) as backend:
        expected = backend.to_pyarrow(read)
    found = spark.to_pyarrow(read)
    for name in expected.column_names:
        pairs = zip(texts, bits(expected)[name], bits(found)[name], strict=True)
        assert [pair for pair in pairs if pair[1] != pair[2]] == [], name
    assert expected["number"].null_count < len(texts) - 300
    assert np.isfinite(expected["number"].drop_null().to_numpy()).all()
    assert expected["moment"].drop_null().length() == 7


def test_what_means_the_same_is_read_alike(spark):
    """Sizes, folded words, titles and domains; words that Python folds, for frames, are those of the engines."""
    draw = np.random.default_rng(5)
    pieces = [
        "1",
        "10",
        "50",
        ".",
        ",",
        " ",
        "'",
        "000",
        "-",
        "\u2013",
        "+",
        "k",
        "bis",
        "to",
        "<",
        "mehr als",
        "employees",
        "\u00a0",
        "A",
    ]
    random = ["".join(draw.choice(pieces, int(draw.integers(1, 6)))) for _ in range(400)]
    known = [
        "51-200",
        "1.000+",
        "11 bis 50",
        "10k+",
        "1,001 à 5,000",
        "500 employees",
        "1.000.000",
        "plus de 250 salariés",
    ]
    titles = [
        "Geschäftsführerin",
        "DIRECTEUR GÉNÉRAL",
        "Vertriebsleiter, DACH",
        "Responsable d'achats",
        "Økonomidirektør",
        "İT MÜDÜRÜ ΣΑΣ",
    ]
    domains = [
        "GMAIL.com",
        "wp.pl",
        "nus.edu.sg",
        "ato.gov.au",
        "eu.acme.example",
        "acme.example",
        "go.it",
        "ΣΑΣ.example",
    ]
    texts = [*ODD, *known, *titles, *domains, *random, None]
    table = pa.table({"at": range(len(texts)), "title": texts, "email_domain": texts})

    def read(backend):
        people = backend.create_table("same", ibis.memtable(table), temp=True, overwrite=True)
        low, high = bounds(people.title)
        found = people.select(
            "at", "title", "email_domain", key=fold(people.title), low=low, high=high, size=size_in(people.title)
        )
        found = found.left_join(read_titles(people, newest_meaning()), "title").drop("title_right")
        found = found.left_join(listed_kinds(people, newest_meaning(), backend), "email_domain").drop(
            "email_domain_right"
        )
        kind = email_kind(found.listed, found.email_domain, ibis.literal("Acme.example"))
        spellings = (("web form",), ("51-200", "11 bis 50"), ("gmail.com", "wp.pl"))
        codes = codes_of(people, "title", spellings)
        found = found.mutate(kind=kind).left_join(codes, found.title == codes.same_value).drop("same_value")
        return found.order_by("at").to_pyarrow()

    with open_engine() as duckdb:
        expected = read(duckdb)
    found = read(spark)
    for name in expected.column_names:
        pairs = zip(texts, bits(expected)[name], bits(found)[name], strict=True)
        assert [pair for pair in pairs if pair[1] != pair[2]] == [], name
    assert expected["size"].null_count < len(texts) - 40
    assert expected["key"].to_pylist() == [None if text is None else folded(text) for text in texts]


def test_letters_are_made_small_alike(spark):
    letters = [chr(code) for code in range(1, 0x2FFFF) if not 0xD800 <= code < 0xE000]
    together = ["".join(letters[start : start + 64]) + "Σ" for start in range(0, len(letters), 64)]
    rows = ibis.memtable(pa.table({"at": range(len(together)), "text": together}))
    small = rows.select("at", small=rows.text.lower()).order_by("at")
    with open_engine(threads=1) as backend:
        expected = "".join(backend.to_pyarrow(small)["small"].to_pylist())
    found = "".join(spark.to_pyarrow(small)["small"].to_pylist())
    # Spark's Unicode is newer than DuckDB's: letters of version 16, of scripts that no other is mixed with
    differing = {before for before, after in zip(expected, found, strict=True) if before != after}
    assert len(differing) <= 28
    assert not any(letter.isascii() or letter.isalpha() for letter in differing)


def test_missing_and_empty_mean_the_same(spark):
    rows = ibis.memtable(
        pa.table({"key": ["a", "a", "b"], "number": pa.array([float("nan"), None, -0.0]), "yes": [True, None, None]})
    )
    counted = rows.group_by("key").agg(
        counted=rows.count(where=rows.yes), known=rows.count(where=rows.number.notnull()), all=rows.count()
    )
    asked = counted.mutate(most=ibis.greatest(counted.counted, ibis.null("int64"))).order_by("key")
    with open_engine(threads=1) as backend:
        expected = backend.to_pyarrow(asked)
    assert expected["counted"].to_pylist() == [1, 0]
    assert expected["known"].to_pylist() == [1, 1]
    assert bits(spark.to_pyarrow(asked)) == bits(expected)


def test_java_reads_sizes_otherwise():
    assert java_size("2GB") == "1907m"
    assert java_size("512MiB") == "512m"


def test_without_java_it_says_so(tmp_path):
    program = f"""
from pathlib import Path
from leadq.foundation.problems import ConfigError
from leadq.features.engine.spark_engine import open_spark
try:
    with open_spark(master="local[1]", config={{}}, shared=Path({str(tmp_path)!r}, "shared")):
        pass
except ConfigError as error:
    print(error.problems[0].remedy)
"""
    bare = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"} | {"PATH": "/nowhere"}
    ended = subprocess.run([sys.executable, "-c", program], env=bare, capture_output=True, text=True, check=True)
    assert "Java 17" in ended.stdout
