"""The rules of the house, each a function from a checkout to complaints: one import name, rooms that show what they hold, names.

``python -m tests.layout.house`` prints what this checkout breaks. What each rule is for is said where it stands; that each can
fail is shown in ``test_house.py``.
"""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tests.layout.literal_paths import engines_count_what_is_true, engines_read_literal_paths
from tests.layout.markdown_layout import laid_out

ROOMS = ("foundation", "agreement", "crm", "features", "models", "serving", "pipelines")
MOST_FILES = 16
MOST_LINES = 300
_ROOM = "|".join(ROOMS)
_OUTSIDE = re.compile(rf"(?<![\w./\-])(?:{_ROOM})(?:\.[A-Za-z_]\w*)+")
_INSIDE = re.compile(rf"(?<![\w/\-])leadq\.((?:{_ROOM})(?:\.[A-Za-z_]\w*)*)")
_PATH = re.compile(rf"(?<![\w.\-/])(?:{_ROOM})(?:/\w+)+\.(?:py|yaml|css|html\.j2)\b")
_NAMED = re.compile(r"``([\w/]+\.py)``")
_STARTED = re.compile(rf"""-m["',\s]+(?:{_ROOM})\b""")
_LOADED = re.compile(rf"""(?:\bfiles|PackageLoader|import_module|find_spec|setattr|patch)\(\s*["'](?:{_ROOM})\b""")
_IMPORTED = re.compile(rf"^\s*(?:from|import)\s+(?:{_ROOM})\b(?!\s+(?:import\s+)?[a-z]+\s+[a-z])", re.MULTILINE)
_SAYS_NOTHING = {"utils", "util", "helpers", "common", "misc", "manager", "core", "stuff", "tools", "shared", "lib"}
_NOBODY_GUESSED = set(
    """places web patience replaced extract points enough recount bend compare comparison gate attribute told started looks
    shape reckon coded shipped unchanged moves line papers wish place pace conclude upkeep who door fate""".split()  # noqa: SIM905
)
"""Names that a newcomer's guess missed (decision 0019)."""
_YAML_READER = "foundation/yaml_reader.py"
_YAML_LIBRARIES = {"yaml", "_yaml", "ruamel", "strictyaml"}
_DOCUMENT = re.compile(r"(?<![\w./<>*-])[\w./-]*\w\.md\b")
_PROMISE = re.compile(r"^## Promise (\d+)", re.MULTILINE)
_PROMISED = re.compile(r"\b[Pp]romise (\d+)\b")
_UNNAMED = re.compile(r"\b(?:[Dd]esign|[Mm]ethod)(?: section)? \d+")
"""Pointers by number into documents that nobody has."""
_WRITTEN_LATER = {"model_card.md", "index.md"}
"""Pages that a command writes: the card of a model, the site's home."""
_OF_OLD = ("tests/layout/", "tests/compatibility/")
"""These rules themselves, and the test that runs the code before the move under its old names."""
_ONE_LAYOUT = ("crm/connectors/", "features/groups/")
"""Folders whose parts share a layout: the same name in each is what makes them easy to read."""


@dataclass(frozen=True)
class Checkout:
    """A tree and which of its files are committed or about to be."""

    root: Path

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Paths from the root, links left out."""
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True).stdout.splitlines()
        return tuple(name for name in listed if (self.root / name).is_file())

    @cached_property
    def code(self) -> tuple[str, ...]:
        """Modules of the rooms."""
        return tuple(name for name in self.files if name.endswith(".py") and name.split("/")[0] in ROOMS)

    @cached_property
    def texts(self) -> dict[str, str]:
        """What is read by the rules: everything but pictures, the licence, the history of changes, and what speaks of the old names."""
        kept = (f for f in self.files if not f.endswith((".png", "LICENSE", "CHANGELOG.md")))
        found = {name: (self.root / name).read_text(encoding="utf-8") for name in kept if not name.startswith(_OF_OLD)}
        for name in [name for name in found if name.endswith(".ipynb")]:
            cells = json.loads(found[name])["cells"]
            found[name] = "\n".join("".join(cell["source"]) for cell in cells)
        return found

    def module(self, dotted: str) -> str | None:
        """Return the longest beginning of ``dotted`` that is a module or a folder of the tree, as a path."""
        parts = dotted.split(".")
        for length in range(len(parts), 1, -1):
            path = "/".join(parts[:length])
            for one in (f"{path}.py", f"{path}/__init__.py"):
                if (self.root / one).is_file():
                    return one
        return None


def links_are_relative(tree: Checkout) -> Iterator[str]:
    """``leadq/`` holds a relative link to each room, so that a checkout imports what a wheel does."""
    for room in ROOMS:
        link = tree.root / "leadq" / room
        if not link.is_symlink() or link.readlink() != Path("..") / room:
            yield f"leadq/{room} must be a relative link to ../{room}"


def one_import_name(tree: Checkout) -> Iterator[str]:
    """Code, strings, notebooks, documents and build files say ``leadq.<room>``; a bare room would be a second module."""
    for name, text in tree.texts.items():
        for rule in (_STARTED, _LOADED, _IMPORTED):
            yield from (f"{name}: {found.group().strip()!r} must say leadq.<room>" for found in rule.finditer(text))
        for found in _OUTSIDE.finditer(_said_in(name, text, _OUTSIDE)):
            if tree.module(found.group()) is not None:
                yield f"{name}: {found.group()} must be leadq.{found.group()}"


def _said_in(name: str, text: str, *rules: re.Pattern[str]) -> str:
    """Return what a file says: of code only strings and comments, and nothing where no rule finds anything in all of it."""
    if not name.endswith(".py"):
        return text
    return _words_of(text) if any(rule.search(text) for rule in rules) else ""


@cache  # most files are read by every rule and every planted fault
def _words_of(code: str) -> str:
    """Return strings and comments: in code itself ``agreement.rules`` is an attribute of somebody's variable."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return "\n".join(one.string for one in tokens if one.type in (tokenize.STRING, tokenize.COMMENT))


def addresses_exist(tree: Checkout) -> Iterator[str]:
    """A module or file of a room that is named anywhere is there: a name that has moved sends the reader astray."""
    for name, text in tree.texts.items():
        for found in _INSIDE.finditer(text):
            yield from (f"{name}: leadq.{one} is not there" for one in _not_there(tree, found.group(1)))
        for found in _PATH.finditer(text):
            if not (tree.root / found.group()).is_file():
                yield f"{name}: {found.group()} is not there"


def neighbours_exist(tree: Checkout) -> Iterator[str]:
    """A file that a module of ours names in passing, ``reader.py``, lies beside it, below it, or where its whole path says."""
    for name in tree.code:
        here = (tree.root / name).parent
        for found in _NAMED.finditer(tree.texts[name]):
            if not (here / found.group(1)).exists() and not (tree.root / found.group(1)).exists():
                yield f"{name}: {found.group(1)} is neither beside it nor a path from the root"


def _not_there(tree: Checkout, dotted: str) -> Iterator[str]:
    path = tree.module(dotted)
    if path is None:
        if "." in dotted:
            yield dotted
        return
    rest = dotted.split(".")[len(path.removesuffix("/__init__.py").removesuffix(".py").split("/")) :]
    if rest and not re.search(rf"\b{rest[0]}\b", (tree.root / path).read_text(encoding="utf-8")):
        yield dotted


def one_yaml_reader(tree: Checkout) -> Iterator[str]:
    """YAML is read in one place: no other module of the rooms imports a library that reads it."""
    for name in tree.code:
        if name != _YAML_READER and _imported_by((tree.root / name).read_text(encoding="utf-8")) & _YAML_LIBRARIES:
            yield f"{name}: must read YAML with {_YAML_READER}"


@cache
def _imported_by(code: str) -> frozenset[str]:
    """Return the packages that a module imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(code)))
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return frozenset(one.split(".")[0] for one in named)


def crms_are_named_at_home(tree: Checkout) -> Iterator[str]:
    """A CRM is a plug: nothing but its own folder names it, so that another one changes its own folder and nothing else."""
    homes = [
        name.split("/history/")[0]
        for name in tree.code
        if re.fullmatch(r"crm/connectors/\w+/history/__init__\.py", name)
    ]
    for name in tree.code:
        text = (tree.root / name).read_text(encoding="utf-8").lower()
        for home in homes:
            crm = home.rsplit("/", 1)[1]
            if crm in text and not name.startswith(f"{home}/"):
                yield f"{name} names {crm}, which is for {home}/ alone to know"


def documents_exist(tree: Checkout) -> Iterator[str]:
    """A document that a docstring or a page names is here, the promise whose number is given, and each test that holds one."""
    pages = {name.rsplit("/", 1)[-1] for name in tree.files if name.endswith(".md")}
    promised = (tree.root / "docs" / "promises.md").read_text(encoding="utf-8")
    promises = set(_PROMISE.findall(promised))
    for held_by in re.findall(r"`((?:tests|benchmarks)/[\w/]+(?:\.py)?)`", promised):
        if not (tree.root / held_by).exists():
            yield f"docs/promises.md: {held_by} is not there"
    for name, text in tree.texts.items():
        if name.endswith((".py", ".md")):
            said = _said_in(name, text, _PROMISED, _UNNAMED, _DOCUMENT)
            for number in _PROMISED.findall(said):
                if number not in promises:
                    yield f"{name}: docs/promises.md has no promise {number}"
            yield from (
                f"{name}: {found.group()!r} names no document that is here" for found in _UNNAMED.finditer(said)
            )
        if name in tree.code or name.endswith(".md"):
            for found in _DOCUMENT.findall(said):
                if not found.startswith(".bench/") and found.rsplit("/", 1)[-1] not in pages | _WRITTEN_LATER:
                    yield f"{name}: {found} is not there"


def folders_are_small(tree: Checkout) -> Iterator[str]:
    """At most 16 files a folder, leak checks apart: each of those is a rule that stands by itself."""
    for folder, count in Counter(name.rsplit("/", 1)[0] for name in tree.code).items():
        if count > MOST_FILES and folder != "features/leak_checks":
            yield f"{folder}: {count} files, at most {MOST_FILES}"


def folders_say_what_they_hold(tree: Checkout) -> Iterator[str]:
    """Every ``__init__`` says in about three lines what is in its folder and what is not."""
    for folder in sorted({name.rsplit("/", 1)[0] for name in tree.code}):
        path = tree.root / folder / "__init__.py"
        words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else None
        if words is None or len(words.splitlines()) < 3 or "\n\n" not in words:
            yield f"{folder}/__init__.py must say what is in and what is not, in about three lines"


def names_say_something(tree: Checkout) -> Iterator[str]:
    """A module's name is the field's term, and stands at most twice outside of folders that share a layout."""
    stems = [(name.rsplit("/", 1)[1].removesuffix(".py"), name) for name in tree.code]
    for stem, name in stems:
        if stem in _SAYS_NOTHING | _NOBODY_GUESSED:
            yield f"{name}: nobody guesses what {stem} is"
    counted = Counter(stem for stem, name in stems if stem != "__init__" and not name.startswith(_ONE_LAYOUT))
    yield from (f"{stem}.py stands {count} times, at most twice" for stem, count in counted.items() if count > 2)


def files_are_short(tree: Checkout) -> Iterator[str]:
    """No file of code has over 300 lines; tests may."""
    for name in tree.files:
        if name.endswith(".py") and not name.startswith("tests/"):
            lines = (tree.root / name).read_text(encoding="utf-8").count("\n")
            if lines > MOST_LINES:
                yield f"{name}: {lines} lines, at most {MOST_LINES}"


def architecture_is_whole(tree: Checkout) -> Iterator[str]:
    """``docs/architecture.md`` names every module that exists, in its folder's row, and none that does not."""
    text = (tree.root / "docs" / "architecture.md").read_text(encoding="utf-8")
    said = {
        f"{folder}/{module}.py"
        for folder, modules in re.findall(rf"^\| `((?:{_ROOM})[\w/]*)/` \| ([^|]*) \|", text, re.MULTILINE)
        for module in re.findall(r"`(\w+)`", modules)
    }
    there = {name for name in tree.code if not name.endswith("__init__.py")}
    yield from (f"docs/architecture.md does not name {name}" for name in sorted(there - said))
    yield from (f"docs/architecture.md names {name}, which is not there" for name in sorted(said - there))


def markdown_is_laid_out(tree: Checkout) -> Iterator[str]:
    """Every page has the layout of ``markdown_layout.py``: a paragraph that a search and replace has torn is filled again."""
    for name in tree.files:
        if name.endswith(".md"):
            text = (tree.root / name).read_text(encoding="utf-8")
            if text != laid_out(text):
                yield f"{name} must be laid out anew: python -m tests.layout.markdown_layout {name}"


RULES: tuple[Callable[[Checkout], Iterator[str]], ...] = (
    links_are_relative,
    one_import_name,
    addresses_exist,
    neighbours_exist,
    one_yaml_reader,
    engines_count_what_is_true,
    engines_read_literal_paths,
    crms_are_named_at_home,
    folders_are_small,
    folders_say_what_they_hold,
    names_say_something,
    files_are_short,
    architecture_is_whole,
    markdown_is_laid_out,
)


def main() -> None:
    """Print every complaint about this checkout; exit code 1 where there is one."""
    tree = Checkout(Path(__file__).parents[2])
    complaints = [complaint for rule in RULES for complaint in rule(tree)]
    print("\n".join(complaints) or "The house is in order.")  # noqa: T201
    sys.exit(bool(complaints))


if __name__ == "__main__":
    main()
