"""Packages with feature groups beside leadq: installed with pip, or (broken ones) a module and ``.dist-info`` on the path."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from leadq.features.catalogue import Catalogue, Feature, PlugIn

REPLIES = Path(__file__).parent / "leadq-replies"
"""The package that docs/howto/add-a-feature.md makes."""
REPLIES_PLUG_IN = PlugIn(name="replies", distribution="leadq-replies", version="1.0")
BASE = """
from dataclasses import replace
from leadq_replies import RepliesGroup

class Group(RepliesGroup):
    name = "other"
    def declare(self, context):
        return tuple(replace(one, name="other_" + one.name) for one in super().declare(context))
"""
"""The module of a package leadq-other, up to its group."""


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


@contextmanager
def other_package(site: Path, text: str, *, name: str = "leadq-other", point: str = "other") -> Iterator[None]:
    """Install a package whose module has ``text``, beside leadq-replies."""
    module = name.replace("-", "_")
    write_package(site, name, module, text, {point: f"{module}:GROUP"})
    with on_the_path(site):
        yield


def problem_of(error: type[Exception], load: Callable[[], object]) -> str:
    """Return what an error says that must be raised."""
    with pytest.raises(error) as raised:
        load()
    return str(raised.value)


def with_replies(version: str = "1.0") -> Catalogue:
    """Return the catalogue of a model with one feature of leadq-replies."""
    feature = Feature(
        name="reply_count_30d", family="replies", kind="number", unit="count", source="events", meaning="replies",
        known_because="a test", group="replies",
    )  # fmt: skip
    return Catalogue(
        features=(feature,),
        horizon_days=30,
        ages_days=(0,),
        tracked_since={},
        quarantined={},
        plug_ins=(replace(REPLIES_PLUG_IN, version=version),),
    )
