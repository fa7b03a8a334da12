"""docs/howto/add-a-feature.md shows the very package that the tests install."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conformance.feature_groups.plug_in_packages import REPLIES

HOWTO = Path(__file__).parents[3] / "docs" / "howto" / "add-a-feature.md"


@pytest.mark.parametrize(("file", "language"), [("pyproject.toml", "toml"), ("leadq_replies.py", "python")])
def test_the_howto_shows_the_package_that_is_tested(file: str, language: str) -> None:
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", HOWTO.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert (REPLIES / file).read_text(encoding="utf-8") in blocks
