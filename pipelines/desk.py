"""The desk on a project: which runs are committed, what is known of their models, and the server it runs on."""

from __future__ import annotations

import ctypes
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlunsplit

import pyarrow as pa

from leadq.agreement.calendar.business_time import business_time
from leadq.crm.answers.answer_log import ANSWERS, AnswerBook
from leadq.foundation.problems import InputError, LeadqError, Problem, StoreError
from leadq.models.bundle.bundle import read_bundle
from leadq.models.bundle.past_leads import PastLeads, past_leads_path
from leadq.models.live.live_models import bundle_folder, models_folder
from leadq.pipelines.explaining.reproduce_score import PastScores, agreement_then
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run
from leadq.pipelines.store.store import Store, of_the_data_last
from leadq.serving.desk.desk_state import Desk, Model, Row
from leadq.serving.desk.night_scores import Nights, RunFile, read_row
from leadq.serving.desk.sign_in import Doorkeeper
from leadq.serving.words.card import Standing
from leadq.serving.words.playbook import read_playbook
from leadq.serving.words.sentences import read_sentences

if TYPE_CHECKING:
    from starlette.applications import Starlette

Clock = Callable[[], datetime]
_MODELS = 8  # kept in memory


def make_desk(
    project: Project,
    *,
    environment: Mapping[str, str],
    local_name: str,
    clock: Clock,
    with_tokens: bool = True,
) -> Desk:
    """Open the desk of a project.

    Parameters
    ----------
    project : Project
    environment : mapping
        Holds the tokens that ``leadq.yaml`` names.
    local_name : str
        Who answers where ``leadq.yaml`` names nobody.
    clock : callable
        Returns the time (UTC).
    with_tokens : bool
        Whether people shall sign in: without tokens the desk is only read.

    Raises
    ------
    ConfigError
        Tokens are missing, or a file of words is wrong.
    """
    store, settings = project.store, project.config.desk
    tokens = settings.with_tokens(environment) if with_tokens else ()
    runs = _Runs(project)
    return Desk(
        settings=settings,
        agreement=project.agreement,
        nights=Nights(runs.files, runs.stamp, tiers=[tier.id for tier in project.agreement.tiers]),
        answers=AnswerBook(store.folder / ANSWERS),
        doorkeeper=Doorkeeper(settings=settings, tokens=tokens, local_name=local_name),
        sentences=read_sentences(project.config.sentences),
        playbook=read_playbook(project.config.playbook),
        model_of=_model_reader(project, runs),
        full_row=_FullRows(project, runs).of,
        clock=clock,
        read_at=project.settings.read_at,
        time=business_time(project.agreement.calendar, project.folder),
    )


class _Runs:
    """Committed runs; a manifest is read once."""

    def __init__(self, project: Project) -> None:
        self._store, self._read_at = project.store, project.settings.read_at
        self._known: dict[str, Run] = {}

    def stamp(self) -> int:
        """Return when the last manifest was committed."""
        try:
            return (self._store.folder / "runs").stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def files(self) -> tuple[RunFile, ...]:
        """All committed runs, oldest first; those of before params.yaml said ``read_at`` before all others."""
        for path in sorted((self._store.folder / "runs").glob("*.json")):
            if path.stem not in self._known and (run := self._store.committed(path.stem)) is not None:
                self._known[path.stem] = run
        ordered = sorted(self._known.values(), key=lambda run: (run.inputs.as_of, run.scored_at, run.run_id))
        return tuple(_file(self._store, run) for run in of_the_data_last(ordered, self._read_at))

    def run(self, run_id: str) -> Run:
        """Return a run that :meth:`files` has told of."""
        return self._known[run_id]


def _file(store: Store, run: Run) -> RunFile:
    return RunFile(
        run_id=run.run_id,
        model_version=run.inputs.bundle_version,
        agreement_version=run.inputs.agreement_version,
        whole=run.inputs.kind == "night",
        as_of=run.inputs.as_of,
        scores=store.folder / run.scores,
        moves=store.folder / run.moves if run.moves else None,
        deadlines=store.deadlines_path(run.inputs),
        records=store.records_path(run.run_id),
        followed=store.followed_path(run.run_id),
    )


def _model_reader(project: Project, runs: _Runs) -> Callable[[RunFile], Model]:
    store = project.store.folder

    @lru_cache(maxsize=_MODELS)
    def read(version: str, run_id: str) -> Model:
        bundle = read_bundle(bundle_folder(store, version))
        past = PastLeads.read(past_leads_path(models_folder(store), version))
        try:
            agreement = agreement_then(project, runs.run(run_id), bundle)
        except StoreError:  # kept nowhere: the tier is named, and no promise is said
            agreement = replace(project.agreement, tiers=())
        return Model(standing=Standing.of(bundle), agreement=agreement, similar=past.nearest)

    return lambda run: read(run.model_version, run.run_id)


class _FullRows:
    """Makes scores again for up to five reasons a side; a run whose scores do not come out again is not asked twice."""

    def __init__(self, project: Project, runs: _Runs) -> None:
        self._past = PastScores(project, checked=False)  # every score is compared with the one that was published
        self._runs = runs
        self._given_up: set[str] = set()

    def of(self, run: RunFile, row: Row) -> Row:
        """Return the row with up to five reasons a side; as it stands where the score cannot be made again."""
        return self._runs.run(run.run_id).as_recorded(self._again(run, row))

    def _again(self, run: RunFile, row: Row) -> Row:
        if row["tier"] is None or run.run_id in self._given_up:
            return row
        try:
            return self._past.row(self._runs.run(run.run_id), row["lead_id"], told=dict(row))
        except LeadqError:
            self._given_up.add(run.run_id)
            return row
        finally:
            _give_back()


def _give_back() -> None:
    """Give the system what the C library keeps of a card's readings, 3 ms for some 70 MB; other libraries do so by themselves."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def serve(app: Starlette, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    ready : callable
        Called with the address once requests are taken.

    Raises
    ------
    InputError
        The port is taken or not allowed.
    """
    import uvicorn  # noqa: PLC0415 - only the desk needs a server

    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        remedy = "Choose another port: leadq desk --port 8711, or desk.port in leadq.yaml."
        problem = Problem(where=f"{host}, port {port}", rule="must be free", value=str(error), remedy=remedy)
        raise InputError(problem) from error
    name = f"[{host}]" if ":" in host else host
    address = urlunsplit(("http", f"{name}:{listening.getsockname()[1]}", "/", "", ""))

    class Announced(uvicorn.Server):
        """Says its address when it takes requests and can be interrupted: who reads it may do either at once."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started and not self.should_exit:
                ready(address)

    with listening:
        config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False, server_header=False)
        Announced(config).run(sockets=[listening])


def run_desk(
    project: Project, *, environment: Mapping[str, str], clock: Clock, ready: Callable[[str], None], port: int | None
) -> None:
    """Open the desk and serve it until interrupted.

    Raises
    ------
    LeadqError
        As :func:`make_desk` and :func:`serve`.
    """
    from leadq.serving.desk.app import make_app  # noqa: PLC0415 - only the desk needs the framework

    pa.set_memory_pool(
        pa.system_memory_pool()
    )  # gives memory back after each of many small readings; the default keeps it
    local_name = environment.get("USER") or environment.get("USERNAME") or "local user"
    desk = make_desk(project, environment=environment, local_name=local_name, clock=clock)
    threading.Thread(target=_warm, args=(desk,), daemon=True).start()
    chosen = project.config.desk.port if port is None else port
    serve(make_app(desk, secret=secrets.token_urlsafe(32)), host=project.config.desk.host, port=chosen, ready=ready)


def _warm(desk: Desk) -> None:
    """Read tonight and make one card before somebody asks; what fails here fails again, and is told, when it is asked for."""
    try:
        tonight = desk.nights.tonight()
        desk.answered()
        if tonight is not None and len(tonight.rows):
            lead_id: str = tonight.rows.lead_id[0].as_py()
            run = tonight.run_of(lead_id)
            row = read_row(run, lead_id) if run is not None else None
            if run is not None and row is not None:
                desk.card(tonight, run, row)
    except (OSError, pa.ArrowException, LeadqError):
        return
