"""Entry points of whatever lies on the path: a broken distribution stops nobody, and is not called None."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadq.foundation.installed.entry_points import name_and_version, offered, package_of

GROUP = "leadq.test_group"


def put(site: Path, folder: str, metadata: bytes, points: str = "acme = acme:ONE") -> None:
    """Write the metadata of a distribution into ``site``."""
    info = site / f"{folder}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_bytes(metadata)
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\n", encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder on the path."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def packages(name: str) -> list[str]:
    return [package_of(one) for one in offered(GROUP).get(name, ())]


@pytest.mark.parametrize(
    ("metadata", "package"),
    [
        (b"Metadata-Version: 2.1\nName: leadq-acme\nVersion: 1.0\n", "leadq-acme 1.0"),
        (b"Metadata-Version: 2.1\nName: leadq-acme\n", "leadq-acme"),
        (b"Metadata-Version: 2.1\nVersion: 1.0\n", "an unnamed package"),
        (b"Name:\nVersion: 1.0\n", "an unnamed package"),
        (b"", "an unnamed package"),
    ],
)
def test_a_package_is_named_as_far_as_it_has_a_name(site: Path, metadata: bytes, package: str) -> None:
    put(site, "leadq_acme-1.0", metadata)
    assert packages("acme") == [package]


@pytest.mark.parametrize(
    ("metadata", "points"),
    [
        (b"\xff\xfe\x00\x80", "acme = acme:ONE"),
        (b"Name: leadq-bad\nVersion: 1.0\n", "acme"),
    ],
)
def test_a_distribution_that_cannot_be_read_stops_no_other(site: Path, metadata: bytes, points: str) -> None:
    put(site, "leadq_bad-1.0", metadata, points)
    put(site, "leadq_fine-2.0", b"Name: leadq-fine\nVersion: 2.0\n")
    assert packages("acme") == ["leadq-fine 2.0"]


def test_two_packages_are_two_and_one_that_lies_there_twice_is_one(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = site / "again"
    put(site, "leadq_one-1.0", b"Name: leadq-one\nVersion: 1.0\n", "acme = acme:ONE\nother = acme:TWO")
    put(again, "leadq_one-1.0", b"Name: leadq-one\nVersion: 1.0\n")
    put(again, "leadq_two-1.0", b"Name: leadq-two\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(again)
    assert sorted(packages("acme")) == ["leadq-one 1.0", "leadq-two 1.0"]
    assert list(offered(GROUP)) == ["acme", "other"]


def test_a_version_behind_another_on_the_path_does_not_count(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = site / "newer"
    put(site, "leadq_one-1.0", b"Name: leadq-one\nVersion: 1.0\n")
    put(newer, "leadq_one-2.0", b"Name: leadq-one\nVersion: 2.0\n")
    monkeypatch.syspath_prepend(newer)
    (only,) = offered(GROUP)["acme"]
    assert name_and_version(only) == ("leadq-one", "2.0")
