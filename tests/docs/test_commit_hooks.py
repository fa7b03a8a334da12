"""Before a commit runs what ``make lint`` runs, and nothing that is fetched."""

from __future__ import annotations

import re

import yaml

from tests.docs.blocks import ROOT


def test_the_hooks_are_the_commands_of_make_lint() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert local["repo"] == "local"
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in local["hooks"])
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe is not None
    commands = recipe.group(1).replace("$(BIN)", ".venv/bin").split("\n\t")
    assert [hook["entry"] for hook in local["hooks"]] == [command.strip() for command in commands]
