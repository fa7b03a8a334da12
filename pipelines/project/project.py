"""A project: a folder with ``leadq.yaml``, ``agreement.yaml`` and ``params.yaml``, read together.

Everything a stage needs stands in one value: configuration, agreement, settings and the clock. What a stage makes on the
way to a bundle is in ``work/`` and can be made again; what must be kept is in the store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from leadq.agreement.read import OF_A_PROJECT, read_agreement
from leadq.agreement.schema import Agreement
from leadq.crm.config.leadq_yaml import Config, read_config
from leadq.foundation.private_scratch import remove_abandoned
from leadq.foundation.problems import ConfigError, LeadqError, Problem
from leadq.models.registry.tracking import Tracking, tracking_of
from leadq.pipelines.project.file_names import CONFIG
from leadq.pipelines.project.params import PARAMS, Settings, read_settings
from leadq.pipelines.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """An open project.

    Parameters
    ----------
    folder : Path
    config : Config
    agreement : Agreement
    settings : Settings
    now : datetime
        The clock of this run (UTC).
    tracking : Tracking
        Where MLflow is told of models: in the store, or where the environment says.
    """

    folder: Path
    config: Config
    agreement: Agreement
    settings: Settings
    now: datetime
    tracking: Tracking = field(default_factory=Tracking)

    @property
    def read_at(self) -> datetime:
        """When the data was read: now, or the moment of an older extract (``read_at`` in params.yaml)."""
        return self.settings.read_at or self.now

    @property
    def store(self) -> Store:
        """The store that leadq.yaml names."""
        return Store(folder=self.config.store)

    @property
    def sentences_sha256(self) -> str:
        """Hash of the company's own sentences as they are now; empty with leadq's."""
        path = self.config.sentences
        return hashlib.sha256(path.read_bytes()).hexdigest() if path is not None else ""

    @property
    def work(self) -> Path:
        """What the stages of training hand to each other."""
        return self.folder / "work"

    @property
    def reports(self) -> Path:
        """What people open: HTML and pictures."""
        return self.folder / "reports"


def open_project(folder: Path, *, environment: Mapping[str, str], now: datetime) -> Project:
    """Open the project in ``folder``.

    Raises
    ------
    ConfigError
        Everything that is wrong with the three files, and with the company's own words, at once.
    """
    path = folder / CONFIG
    if not path.exists():
        remedy = "Go to a project folder, name one with --project, or start one with leadq init."
        raise ConfigError(Problem(where=str(folder), rule=f"must contain a {CONFIG}", remedy=remedy))
    problems: list[Problem] = []
    config: Config | None = None
    agreement: Agreement | None = None
    settings: Settings | None = None
    try:
        settings = read_settings(folder / PARAMS)
    except LeadqError as error:
        problems += error.problems
    try:
        config = read_config(path, environment=environment)
        problems += _problems_of_words(config)
        agreement = read_agreement(config.agreement, missing=OF_A_PROJECT)
    except LeadqError as error:
        problems += error.problems
    if problems or config is None or agreement is None or settings is None:
        raise ConfigError(problems)
    tracking = tracking_of(environment)
    remove_abandoned(folder / "work", folder / "work" / "check", Store(folder=config.store).work)
    return Project(folder=folder, config=config, agreement=agreement, settings=settings, now=now, tracking=tracking)


def _problems_of_words(config: Config) -> list[Problem]:
    """Find what is wrong with the files of words that leadq.yaml names; with none named nothing is read."""
    if config.sentences is None and config.playbook is None:
        return []
    from leadq.serving.words.playbook import read_playbook  # noqa: PLC0415 - with them comes what models are made of
    from leadq.serving.words.sentences import read_sentences  # noqa: PLC0415

    problems: list[Problem] = []
    for named, read in ((config.sentences, read_sentences), (config.playbook, read_playbook)):
        try:
            if named is not None:
                read(named)
        except LeadqError as error:
            problems += error.problems
    return problems
