"""``params.yaml``: what the data team sets about training; typed, strict, the same file DVC tracks.

What sales and marketing agree on stands in ``agreement.yaml``, where data comes from in ``leadq.yaml``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from leadq.features.feature_settings import FeatureSettings
from leadq.features.meaning.company_titles import wrong_titles
from leadq.foundation.problems import ConfigError, Problem
from leadq.foundation.yaml_reader import first_problems, read_yaml
from leadq.foundation.yaml_tree import Document, Entries, shortened
from leadq.models.base.fit_settings import FitSettings
from leadq.pipelines.project.typed_yaml import build

PARAMS = "params.yaml"
SOURCE = "source"
"""Folder of a project for the sources that leadq makes itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Bounds of the engine: threads, and memory as DuckDB writes it (``2GB``)."""

    threads: int = 2
    memory_limit: str = "2GB"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateSettings:
    """The simulated company that feeds ``make repro``; without meaning for a company's own data."""

    leads: int = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """Fields that the evaluation report looks at apart, each a column of leads or accounts: ``accounts.country``.

    Parameters
    ----------
    segments : tuple of str
        Are the probabilities right for each value?
    sensitive : tuple of str
        Is any group selected less than four fifths as often as the one selected most often?
    """

    segments: tuple[str, ...] = ("leads.source", "accounts.industry")
    sensitive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of ``params.yaml``.

    Parameters
    ----------
    seed : int
        Seed of folds, sampling and simulation.
    read_at : datetime or None
        The moment an extract was made, for data that is not read live; None is the clock.
    features : FeatureSettings
    fit : FitSettings
        Its ``seed`` and ``threads`` are those of this file's top and of ``engine``.
    engine : EngineSettings
    simulate : SimulateSettings
    report : ReportSettings
    """

    seed: int = 7
    read_at: datetime | None = None
    features: FeatureSettings = field(default_factory=FeatureSettings)
    fit: FitSettings = field(default_factory=FitSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    simulate: SimulateSettings = field(default_factory=SimulateSettings)
    report: ReportSettings = field(default_factory=ReportSettings)


def read_settings(path: Path) -> Settings:
    """Read ``params.yaml``; a missing file means the defaults.

    Raises
    ------
    ConfigError
        Every unknown key, wrong type and value out of bounds.
    """
    problems: list[Problem] = []
    if os.path.lexists(path):
        document = read_yaml(path, missing="Write it with leadq init, or remove it.", problems=problems)
    else:
        document = Document(where=path.name, text="", root=Entries(line=1, values={}, lines={}))
    settings = build(Settings, document, problems=problems)
    problems = first_problems(_out_of_bounds(settings, document), where=document.where)
    if problems:
        raise ConfigError(problems)
    return replace(settings, fit=replace(settings.fit, seed=settings.seed, threads=settings.engine.threads))


def _out_of_bounds(settings: Settings, document: Document) -> Iterator[Problem]:
    def problem(name: str, rule: str, value: str, remedy: str) -> Problem:
        where = f"{document.place(tuple(name.split('.')))} {name}"
        return Problem(where=where, rule=rule, value=shortened(value), remedy=remedy)

    ages = settings.features.ages_days
    if not ages or ages[0] != 0 or any(later <= earlier for earlier, later in pairwise(ages)):
        remedy = "Write the landmarks in days, the first one 0: [0, 1, 3, 7, 14, 30]."
        yield problem("features.ages_days", "must ascend from 0", str(list(ages)), remedy)
    whole = {
        "seed": (settings.seed, 0),
        "engine.threads": (settings.engine.threads, 1),
        "simulate.leads": (settings.simulate.leads, 500),
        "features.worked_within_days": (settings.features.worked_within_days, 0),
        "features.min_wins_at_age": (settings.features.min_wins_at_age, 1),
        "features.max_values": (settings.features.max_values, 1),
    }
    for name, (value, least) in whole.items():
        if value < least:
            yield problem(name, f"must be at least {least}", str(value), "Raise it.")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?\s?[KMGT]i?B", settings.engine.memory_limit):
        remedy = "Write it like 2GB or 500MB."
        yield problem("engine.memory_limit", "must be a size with its unit", settings.engine.memory_limit, remedy)
    for label, rule, written, remedy in wrong_titles(settings.features.titles):
        yield problem(f"features.titles.{label}", rule, written, remedy)
    for name, fields in (("segments", settings.report.segments), ("sensitive", settings.report.sensitive)):
        for wrong in (one for one in fields if not re.fullmatch(r"(leads|accounts)\..+", one)):
            remedy = "Write it like leads.source or accounts.country."
            yield problem(f"report.{name}", "must be a column of leads or accounts", wrong, remedy)
