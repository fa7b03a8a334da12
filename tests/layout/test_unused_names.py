"""The search for what nothing uses finds it, and leaves what somebody uses. The checkout itself is searched by ``make lint``."""

from __future__ import annotations

from pathlib import Path

from tests.layout.house import Checkout
from tests.layout.unused_names import complaints, unused, used_unseen


class Made(Checkout):
    """Files made for the test; none is in git."""

    @property
    def files(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()))


def checkout(folder: Path, **more: str) -> Made:
    files = {
        "crm/one.py": "LIMIT = 3\nUNREAD = 4\n\n\ndef used() -> int:\n    return LIMIT\n\n\ndef write() -> None: ...\n",
        "crm/other.py": (
            "from dataclasses import dataclass\n\n\n"
            "@dataclass\nclass Row:\n    shown: str\n    key: str\n    lost: str\n\n"
            "    def write(self) -> str:\n        return {'key': 1}['key']\n\n    def never(self) -> None: ...\n"
        ),
        "models/three.py": (
            "from leadq.crm.one import used\nfrom leadq.crm.other import Row\n\nBY_NAME = used() or Row('', '', '').write()\n"
        ),
        "crm/page.html.j2": "{{ row.shown }}",
        "docs/howto.md": "from leadq.models.three import BY_NAME",
        "tests/test_one.py": "from leadq.crm.one import UNREAD, write\n",
        **more,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Made(folder)


def test_what_only_a_test_uses_is_found_even_behind_another_of_its_name(tmp_path: Path) -> None:
    assert unused(checkout(tmp_path)) == {
        "crm/one.py:UNREAD",
        "crm/one.py:write",
        "crm/other.py:lost",
        "crm/other.py:never",
    }


def test_a_benchmark_counts_and_a_module_imported_whole(tmp_path: Path) -> None:
    bench = "from leadq.crm import one\n\none.write()\nprint(one.UNREAD)\n"
    found = unused(checkout(tmp_path, **{"benchmarks/speed.py": bench}))
    assert found == {"crm/other.py:lost", "crm/other.py:never"}


def test_a_reason_is_needed_and_goes_with_the_name() -> None:
    known = {"a.py:kept": "read by pydantic", "a.py:gone": "was read", "a.py:mute": ""}
    said = list(complaints({"a.py:kept", "a.py:mute", "a.py:new"}, known))
    assert [one.partition(": ")[0] for one in said] == ["a.py:new", "a.py:gone", "a.py:mute"]


def test_the_list_of_this_checkout_is_read() -> None:
    assert all(reason.strip() and name.count(":") == 1 for name, reason in used_unseen().items())
