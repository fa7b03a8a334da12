from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tryton_server import Tryton, running


@pytest.fixture(scope="package")
def tryton() -> Iterator[Tryton]:
    """One server for all tests here; each makes its own leads."""
    with running() as server:
        yield server
