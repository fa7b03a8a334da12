"""The package of a toy group, installed beside leadq for the tests that ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.feature_groups.plug_in_packages import REPLIES, install, on_the_path


@pytest.fixture(scope="session")
def replies_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the package leadq-replies; it is not on the path yet."""
    site = tmp_path_factory.mktemp("site")
    install(REPLIES, site)
    return site


@pytest.fixture(scope="module")
def replies_installed(replies_site: Path) -> Iterator[Path]:
    """Have leadq-replies installed for the tests of a module."""
    with on_the_path(replies_site):
        yield replies_site
