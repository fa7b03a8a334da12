"""Files that would harm or mislead a reader of YAML, and how each reader of a project's files takes them.

``python -m tests.foundation.yaml_attacks KIND`` reads every one of them with the reader that a user reaches, each in a process of
its own that may take 1 GB and 20 seconds, and prints what was said, how long it took and how much memory, as JSON.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module, resources
from pathlib import Path
from typing import Any

MEGABYTE = 1_000_000
ROOM_BYTES = 1_000 * MEGABYTE
PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of file: a good one, the key it begins with, and places in it for a number, a flag and a text."""

    name: str
    reader: str
    text: str
    first: str
    number: str
    flag: str | None = None
    long: str = ""
    wrong: str = ""

    def with_number(self, written: str) -> str:
        return _revalued(self.text, self.number, written)

    def with_flag(self, written: str) -> str | None:
        return None if self.flag is None else _revalued(self.text, self.flag, written)


def _replaced(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


def _revalued(text: str, entry: str, written: str) -> str:
    return _replaced(text, entry, f"{entry.rpartition(': ')[0]}: {written}")


def _package_text(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


LEADQ = """rejected_share: 0.01
flat: {path: a.csv, outcome: y, won: [won], lost: [lost]}
desk: {own_rows_only: false}
"""
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="agreement.yaml",
            reader="leadq.agreement.read:read_agreement",
            text=_replaced(
                _package_text("leadq.agreement", "templates/agreement.yaml"),
                "when: {field: email_domain, ends_with:",
                "when: {field: email_domain, present: true} #",
            ),
            first="version",
            number="horizon_days: 90",
            flag="{field: email_domain, present: true",
            long="rejection_reasons: [" + ",".join(f"r{n}" for n in range(24_000)) + "]\n",
            wrong="rejection_reasons: [" + "a b," * 24_000 + "]\n",
        ),
        Kind(
            name="leadq.yaml",
            reader="leadq.crm.config.leadq_yaml:read_config",
            text=LEADQ,
            first="rejected_share",
            number="rejected_share: 0.01",
            flag="own_rows_only: false",
            long="flat: {path: a, outcome: y, won: [" + ",".join(f"r{n}" for n in range(27_000)) + "], lost: [a]}\n",
            wrong="desk: {proxy: {trusted: [" + "a_," * 29_000 + "]}}\n",
        ),
        Kind(
            name="params.yaml",
            reader="leadq.pipelines.project.params:read_settings",
            text="seed: 7\nfit: {extra_trees: true}\nreport: {sensitive: [leads.country]}\n",
            first="seed",
            number="seed: 7",
            flag="extra_trees: true",
            long="report: {segments: [" + ",".join("leads.a" for _ in range(27_000)) + "]}\n",
            wrong="features: {ages_days: [" + "x," * 29_000 + "]}\n",
        ),
        Kind(
            name="sentences.yaml",
            reader="leadq.serving.words.sentences:read_sentences",
            text=_package_text("leadq.serving.words", "sentences.yaml"),
            first="version",
            number="version: 1",
            flag="\n    add: true",
            long="kinds: {" + ",".join(f"k{n}: {{name: a, done: b}}" for n in range(4_000)) + "}\n",
            wrong="kinds: {" + ",".join(f"k{n}: {{a: 1}}" for n in range(7_000)) + "}\n",
        ),
        Kind(
            name="playbook.yaml",
            reader="leadq.serving.words.playbook:read_playbook",
            text=_package_text("leadq.serving.words", "playbook.yaml"),
            first="version",
            number="version: 2",
            long="steps:\n" + "- {family: engagement, when: for, step: Call.}\n" * 3_900,
            wrong="version: 1\nowner: me\nsteps:\n" + "- {family: a_b, when: always, step: Shap.}\n" * 3_900,
        ),
    )
}

Content = Callable[[Kind], "str | bytes | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What is written; ``at`` finds the line that must be named, ``says`` what the rule must hold.

    Parameters
    ----------
    write : callable
        From the kind to what stands in the file; None where this kind has no such place.
    make : callable, optional
        Puts something else than a file at the path.
    says : str
        Pattern of the rule.
    has_line : bool
        Whether a line can be named at all.
    may_pass : bool
        Large but not wrong: it only must cost nothing.
    """

    write: Content = field(default=lambda _: "")
    make: Callable[[Path], None] | None = None
    says: str = ""
    has_line: bool = True
    may_pass: bool = False


def _then(more: str) -> Content:
    return lambda kind: f"{kind.text}\n{more}"


def _number(written: str) -> Attack:
    return Attack(write=lambda kind: kind.with_number(written), says=r"must be (a |1$|YAML)")


def _flag(written: str) -> Attack:
    return Attack(write=lambda kind: kind.with_flag(written), says="must be true")


def _in_bytes(encoding: str) -> Content:
    return lambda kind: kind.text.replace("#", "# ü").encode(encoding) + "# für\n".encode(encoding)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2_000 * MEGABYTE)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
)
ATTACKS: dict[str, Attack] = {
    # what YAML can do and nobody needs
    "key twice": Attack(write=lambda kind: f"{kind.text}\n{kind.first}: 8\n", says="must not be given twice"),
    "key twice, in quotes": Attack(write=lambda kind: f'{kind.text}\n"{kind.first}": 8\n', says="given twice"),
    "key twice, as an escape": Attack(
        write=lambda kind: f'{kind.text}\n"\\x{ord(kind.first[0]):x}{kind.first[1:]}": 8\n', says="given twice"
    ),
    "key twice, as ? key": Attack(write=lambda kind: f"{kind.text}\n? {kind.first}\n: 8\n", says="given twice"),
    "key twice, with a tag": Attack(write=lambda kind: f"{kind.text}\n!!str {kind.first}: 8\n", says="given twice"),
    "key twice, deep inside": Attack(write=_then("x:\n  - y: {z: 1, z: 2}\n"), says="given twice"),
    "merge key": Attack(write=lambda kind: f"<<: {{{kind.first}: 8}}\n{kind.text}", says="must not merge keys"),
    "merge of an alias": Attack(write=_then("x: &x {a: 1}\ny:\n  <<: *x\n"), says="must not use (anchors|aliases)"),
    "alias bomb": Attack(write=lambda _: BOMB, says="must not use aliases"),
    "alias bomb, behind the good": Attack(write=_then(BOMB), says="must not use aliases"),
    "list that holds itself": Attack(write=_then("x: &x [*x]\n"), says="must not use aliases"),
    "anchor alone": Attack(write=_then("x: &x 1\n"), says="must not use anchors"),
    "tag that runs code": Attack(write=_then("x: !!python/object/apply:os.system [exit 3]\n"), says="not use tags"),
    "tag of a type": Attack(write=lambda kind: kind.with_number("!!int 1"), says="must not use tags"),
    "tag without a name": Attack(write=lambda kind: kind.with_number("! 1"), says="must not use tags"),
    "tag of its own": Attack(write=lambda _: "%TAG !e! tag:e.example,2026:\n---\nx: !e!y 1\n", says="not use tags"),
    "two documents": Attack(write=_then("---\nversion: 2\n"), says="must be one document"),
    "documents without end": Attack(write=lambda _: "---\n" * 200_000, says="must be one document"),
    "directive unknown": Attack(write=lambda kind: f"%YAML 9.9\n---\n{kind.text}", says="must be readable YAML"),
    "key that is a list": Attack(write=_then("? [a]\n: b\n"), says="a key must be a word"),
    "key that is a mapping": Attack(write=_then("? {a: 1}\n: b\n"), says="a key must be a word"),
    "empty key": Attack(write=_then("? \n: b\n"), says="a key must not be empty"),
    "null by another name": Attack(
        write=lambda kind: kind.with_number("NULL"), says="must be null, or a text in quotes"
    ),
    # size, depth, number
    "2 GB of nothing": Attack(make=_sparse, says="must not be larger than 1,000,000 bytes", has_line=False),
    "one byte too many": Attack(
        write=lambda kind: kind.text + "#" * (MEGABYTE + 1 - len(kind.text.encode())), says="larger", has_line=False
    ),
    "brackets, deep": Attack(write=lambda _: "a: " + "[" * 100_000, says="must not be nested deeper than 12 levels"),
    "braces, deep": Attack(write=lambda _: "{a: " * 100_000, says="must not be nested deeper"),
    "list of lists of lists": Attack(write=lambda _: "- " * 100_000, says="must not be nested deeper"),
    "keys of keys": Attack(write=lambda _: "? " * 100_000, says="must not be nested deeper"),
    "blocks, deep": Attack(write=lambda _: "".join(" " * n + "a:\n" for n in range(1_000)), says="nested deeper"),
    "a million brackets": Attack(write=lambda _: "a: [" + "[]," * 330_000 + "]\n", says="more than 30,000 values"),
    "unknown keys": Attack(write=lambda _: "".join(f"key{n}: 1\n" for n in range(14_000)), says="unknown|known"),
    "unknown keys, much alike": Attack(
        write=lambda kind: "".join(f"{kind.first}{n}: 1\n" for n in range(14_000)), says="unknown|known"
    ),
    "one key, many times": Attack(write=lambda _: "a: 1\n" * 14_000, says="given twice"),
    "one very long line": Attack(write=_then("x: " + "a " * 450_000 + "\n"), says="unknown|known"),
    "one very long word": Attack(write=_then("x: " + "a_" * 450_000 + "\n"), says="unknown|known"),
    "one very long number": Attack(write=lambda kind: kind.with_number("9" * 100_000), says=r"must be (a |1$)"),
    "one very long key": Attack(write=_then("? " + "k" * 900_000 + "\n: 1\n"), says="a key must have at most"),
    "one very long text in quotes": Attack(write=_then('x: "' + "\\x41" * 200_000 + '"\n'), says="unknown|known"),
    "a text of empty lines": Attack(write=_then("x: |\n" + "\n" * 900_000), says="unknown|known"),
    "brackets that never close": Attack(write=lambda _: "a: [1,\n" * 100_000, says="nested deeper|readable YAML"),
    "a colon a letter": Attack(write=lambda _: "a: [" + "a:" * 400_000 + "]", says="readable YAML"),
    "a long list, allowed": Attack(write=lambda kind: kind.text + "\n" + kind.long, may_pass=True),
    "a long list, all of it wrong": Attack(write=lambda kind: kind.wrong, says="must"),
    "a long list alone": Attack(write=lambda kind: kind.long, may_pass=True),
    "comments only": Attack(write=lambda _: "#\n" * 499_000, may_pass=True),
    # what is no file
    "pipe": Attack(make=os.mkfifo, says="must be an ordinary file", has_line=False),
    "socket": Attack(make=_socket, says="must be an ordinary file", has_line=False),
    "device without end": Attack(make=lambda path: path.symlink_to("/dev/zero"), says="ordinary file", has_line=False),
    "device of nothing": Attack(make=lambda path: path.symlink_to("/dev/null"), says="ordinary file", has_line=False),
    "folder": Attack(make=Path.mkdir, says="must be an ordinary file", has_line=False),
    "link to itself": Attack(make=lambda path: path.symlink_to(path.name), says="can be read", has_line=False),
    "link to nothing": Attack(make=lambda path: path.symlink_to("none"), says="can be read", has_line=False),
    # characters
    "Latin 1": Attack(write=_in_bytes("latin-1"), says="must be UTF-8 text"),
    "UTF-16": Attack(write=_in_bytes("utf-16"), says="must be UTF-8 text"),
    "UTF-16 without its mark": Attack(write=lambda kind: "a: 1\n".encode("utf-16-le"), says="must be plain text"),
    "UTF-32": Attack(write=_in_bytes("utf-32"), says="must be UTF-8 text"),
    "half a character": Attack(write=lambda kind: kind.text.encode() + b"x: \xed\xa0\x80\n", says="UTF-8 text"),
    "half a character, as an escape": Attack(write=_then('x: "\\ud800"\n'), says="must be readable YAML"),
    "no character": Attack(write=_then('x: "\\UFFFFFFFF"\n'), says="must be readable YAML"),
    "NUL": Attack(write=_then("x: \x00\n"), says="must be plain text"),
    "NUL as an escape": Attack(write=_then('x: "\\0"\n'), says="must not contain control characters"),
    "bell": Attack(write=_then("x: \x07\n"), says="must be plain text"),
    "delete": Attack(write=_then("x: \x7f\n"), says="must be plain text"),
    "colours of a terminal": Attack(write=_then('x: "\\e[31mred"\n'), says="must not contain control characters"),
    "colours of a terminal in a key": Attack(write=_then('"\\e[31mred": x\n'), says="contain control characters"),
    "text that runs backwards": Attack(write=_then('"a\\u202Eb": x\n'), says="unknown|known"),
    "tab": Attack(write=_then("x:\n\ty: 1\n"), says="must be readable YAML"),
    # what is no file of keys and values
    "list": Attack(write=lambda _: "- a\n- b\n", says="must be a group of keys"),
    "text": Attack(write=lambda _: "just a text\n", says="must be a group of keys"),
    "quote without end": Attack(write=_then("x: 'a\n"), says="must be readable YAML"),
    "bracket without end": Attack(write=_then("x: [a\n"), says="must be readable YAML"),
    "wrong indentation": Attack(write=_then("x:\n   y: 1\n  z: 2\n"), says="must be readable YAML"),
    "misspelt key": Attack(
        write=lambda kind: re.sub(rf"(?m)^{kind.first}", kind.first[:-1], kind.text), says="unknown|known"
    ),
    # numbers and flags that are none
    **{
        f"number {written[:9]}": _number(written)
        for written in ("1e999", ".inf", ".nan", "0x1F", "010", "1:30", "1_000", "yes", "-.inf", "1e", "٣", "[1]")
    },
    **{f"flag {written}": _flag(written) for written in ("yes", "no", "on", "OFF", "NO", "1", "[true]", "Wahr")},
}


def read_all(kind: Kind) -> dict[str, dict[str, Any]]:
    """Read every file that this kind can be; nothing of it changes this process."""
    module, _, name = kind.reader.partition(":")
    read = getattr(import_module(module), name)
    with tempfile.TemporaryDirectory() as folder:
        good = Path(folder, kind.name)
        good.write_text(kind.text, encoding="utf-8")
        read(good)  # what is imported late is not counted below
        found: dict[str, dict[str, Any]] = {"the good file": measured(read, good)}
        for place, (title, attack) in enumerate(ATTACKS.items()):
            path = Path(folder, str(place), kind.name)
            path.parent.mkdir()
            if attack.make is not None:
                attack.make(path)
            elif (content := attack.write(kind)) is None:
                continue
            else:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
            found[title] = measured(read, path)
    return found


def measured(read: Callable[[Path], object], path: Path) -> dict[str, Any]:
    """Read ``path`` in a child with little room; its processor time, and what it needed beyond what it began with."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE_SECONDS)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + ROOM_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        before, began = _resident(), time.process_time()
        answer: dict[str, Any] = {"error": None, "problems": []}
        try:
            read(path)
        except BaseException as error:
            answer["error"] = type(error).__name__
            answer["problems"] = [
                [problem.where, problem.rule, problem.value, problem.remedy]
                for problem in getattr(error, "problems", ())
            ]
        answer["seconds"] = time.process_time() - began
        answer["megabytes"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
        with os.fdopen(send, "w") as file:
            json.dump(answer, file)
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as file:
        said = file.read()
    os.waitpid(child, 0)
    killed = {"error": "killed", "problems": [], "seconds": float(PATIENCE_SECONDS), "megabytes": 0.0}
    return dict(json.loads(said)) if said else killed


def _resident() -> int:
    """Return the most memory this process has held so far, in kilobytes."""
    found = re.search(r"VmRSS:\s*(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) if found else 0


if __name__ == "__main__":
    json.dump(read_all(KINDS[sys.argv[1]]), sys.stdout)
