"""Packages with feature groups beside leadq: installed with pip, or (broken ones) a module and ``.dist-info`` on the path."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

REPLIES = Path(__file__).parent / "leadq-replies"
"""The package that docs/howto/add-a-feature.md makes."""


def install(package: Path, site: Path) -> None:
    """Install a package into ``site`` with pip."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(site), str(package)], check=True, cwd=site)


def write_package(site: Path, name: str, module: str, text: str, points: dict[str, str], version: str = "1.0") -> None:
    """Write a module and the metadata of the distribution that brought it."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (site / f"{module}.py").write_text(text, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    lines = [f"{key} = {value}" for key, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[leadq.feature_groups]", *lines, ""]), encoding="utf-8")


@contextmanager
def on_the_path(*sites: Path) -> Iterator[None]:
    """Have the packages of ``sites`` installed for a while; nothing of them stays imported."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patched:
        for site in sites:
            patched.syspath_prepend(site)
        try:
            yield
        finally:
            here = tuple(str(site) for site in sites)
            for name in set(sys.modules) - before:
                if str(getattr(sys.modules[name], "__file__", "") or "").startswith(here):
                    del sys.modules[name]
