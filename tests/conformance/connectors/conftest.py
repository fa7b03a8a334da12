"""What the suite's tests share: the kinds of far side they run over, the warmed process, and a campaign against one side."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.connectors.campaign import Campaign
from tests.conformance.connectors.far_side import SideSpec, Wanted, all_sides
from tests.conformance.connectors.warmed_process import Template, warmed
from tests.postgres_server import Postgres

StartCampaign = Callable[..., Campaign]


def pytest_generate_tests(metafunc: Any) -> None:
    """Run a test that asks for ``spec`` over every far side; its module may leave some to ``make acceptance``."""
    if "spec" in metafunc.fixturenames:
        later = getattr(metafunc.module, "IN_ACCEPTANCE", ())
        marks = {True: [pytest.mark.integration], False: []}
        metafunc.parametrize(
            "spec",
            [
                pytest.param(
                    spec, id=spec.name, marks=pytest.mark.acceptance if spec.name in later else marks[spec.integration]
                )
                for spec in all_sides()
            ],
        )


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """Start the process that children are forked from."""
    with warmed() as process:
        yield process


@pytest.fixture
def wanted(request: pytest.FixtureRequest) -> Callable[..., Wanted]:
    """Return a function that says what a test wants of a far side; the PostgreSQL server starts where one is asked for."""

    def want(leads: int, *, began: float, faults_a_step: int = 0, seed: int = 1) -> Wanted:
        def server() -> Postgres:
            started: Postgres = request.getfixturevalue("postgres")
            return started

        return Wanted(leads=leads, began=began, faults_a_step=faults_a_step, seed=seed, postgres=server)

    return want


@pytest.fixture
def campaign(template: Template, tmp_path: Path, wanted: Callable[..., Wanted]) -> Iterator[StartCampaign]:
    """Return a function that opens a far side and starts a campaign against it."""
    with ExitStack() as stack:

        def start(
            spec: SideSpec, *, leads: int = 0, chunk_rows: int = 0, faults_a_step: int = 0, seed: int = 1
        ) -> Campaign:
            one = Campaign(
                template=template,
                folder=tmp_path,
                chunk_rows=chunk_rows or spec.chunk_rows,
                chance=random.Random(seed),
            )
            asked = wanted(leads or spec.leads, began=one.began, faults_a_step=faults_a_step, seed=seed + 1)
            one.side = stack.enter_context(spec.open(asked))
            return one

        yield start
