"""What nothing calls: names of the rooms that no room, benchmark, notebook or document uses, so that at most a test could.

``python -m tests.layout.unused_names`` prints them, and entries of ``used_unseen.toml`` that are there no more; ``make lint`` runs it.
Two searches, for each sees what the other does not: vulture knows attributes and fields, but holds a name for used where any
module uses the same one; :func:`not_imported` follows imports. Names that something unseen uses (another library, or whoever reads
a file) stand in ``used_unseen.toml``, each with its reason.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from vulture import Vulture

from tests.layout.house import ROOMS, Checkout

USED_UNSEEN = Path(__file__).with_name("used_unseen.toml")
_CODE = ("benchmarks/", "leadq/__", "examples/", "docs_site/")
_READERS = (".j2", ".ipynb", ".md", ".toml", ".yaml")
_CALLED_BY_NAME = ["@*.command", "@*.callback", "@field_validator", "@model_validator", "@extending"]
"""Decorators that hand a function over: to typer, pydantic and numba."""
_GIVEN_BY_NAME = ["model_config", "__getattr__", "__dir__"]
"""What pydantic and Python itself look for."""


def unused_by_vulture(tree: Checkout) -> Iterator[str]:
    """Yield what vulture finds unused and no template, notebook or key of a document names: ``"crm/gate/judge.py:bars"``."""
    rooms = {*ROOMS, "leadq", "benchmarks", "hatch_build.py"}
    search = Vulture(ignore_decorators=_CALLED_BY_NAME, ignore_names=_GIVEN_BY_NAME)
    search.scavenge(
        [str(tree.root / name) for name in tree.files if name.endswith(".py") and name.split("/")[0] in rooms]
    )
    named = _named_as_text(tree)
    for one in search.get_unused_code(min_confidence=60):
        if one.name not in named:
            yield f"{Path(one.filename).relative_to(tree.root).as_posix()}:{one.name}"


def _named_as_text(tree: Checkout) -> set[str]:
    """Return what templates take as an attribute, notebooks name, documents import, and rooms read as the key of a document."""
    found: set[str] = set()
    for name, text in tree.texts.items():
        if name.endswith(".j2"):
            found |= set(re.findall(r"\.(\w+)", text))
        elif name.endswith(".ipynb"):
            found |= set(re.findall(r"\w+", text))
        elif name.endswith(".md"):
            found |= {
                one.strip()
                for names in re.findall(r"^from leadq\S+ import (.+)$", text, re.MULTILINE)
                for one in names.split(",")
            }
        elif name in tree.code:
            strings = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
            found |= {value for value in strings if isinstance(value, str) and value.isidentifier()}
    return found


def not_imported(code: Mapping[str, str], others: Collection[str], texts: Collection[str]) -> Iterator[str]:
    """Yield public functions, classes and constants that neither their module uses nor anything imports.

    Parameters
    ----------
    code : mapping of str to str
        Path of each module of the rooms to its source.
    others : collection of str
        Source of what else imports them: benchmarks, the face.
    texts : collection of str
        Documents, notebooks, templates: a name in them is used.
    """
    trees = {name: ast.parse(text) for name, text in code.items()}
    imported: dict[str, set[str]] = defaultdict(set)
    for tree in (*trees.values(), *map(ast.parse, others)):
        _note_imports(tree, imported)
    said = set(re.findall(r"\w+", "\n".join(texts)))
    for name, tree in trees.items():
        dotted = "leadq." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        yield from (f"{name}:{one}" for one in _public(tree) if one not in used | imported[dotted] | said)


def _note_imports(tree: ast.Module, imported: dict[str, set[str]]) -> None:
    """Note what is imported by name, attributes of modules imported whole, and addresses in strings."""
    whole: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported[node.module] |= {one.name for one in node.names}
            whole |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("leadq."):
            imported[node.value.partition(":")[0]].add(node.value.partition(":")[2])
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in whole:
            imported[whole[node.value.id]].add(node.attr)


def _public(tree: ast.Module) -> Iterator[str]:
    """Yield what a module defines for others; what a decorator hands over is left to vulture."""
    for node in tree.body:
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [] if node.decorator_list and not isinstance(node, ast.ClassDef) else [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
        yield from (name for name in names if not name.startswith("_"))


def unused(tree: Checkout) -> set[str]:
    """Return what neither search finds used."""
    others = [text for name, text in tree.texts.items() if name.endswith(".py") and name.startswith(_CODE)]
    texts = [text for name, text in tree.texts.items() if name.endswith(_READERS)]
    code = {name: tree.texts[name] for name in tree.code}
    return {*unused_by_vulture(tree), *not_imported(code, others, texts)}


def complaints(found: Collection[str], known: Mapping[str, str]) -> Iterator[str]:
    """Yield what nothing uses and nobody has given a reason for, and reasons that are not needed any more."""
    for one in sorted(set(found) - known.keys()):
        yield f"{one}: nothing but a test uses it: use it, delete it, or say in {USED_UNSEEN.name} who does"
    yield from (
        f"{one}: stands in {USED_UNSEEN.name} and is used, or not there" for one in sorted(known.keys() - set(found))
    )
    yield from (
        f"{one}: its reason is missing in {USED_UNSEEN.name}" for one, reason in known.items() if not reason.strip()
    )


def used_unseen() -> dict[str, str]:
    """Return names that are used unseen, ``"path:name"`` to the reason."""
    with USED_UNSEEN.open("rb") as file:
        document = tomllib.load(file)
    return {f"{path}:{name}": reason for path, names in document.items() for name, reason in names.items()}


def main() -> None:
    """Print what nothing uses; exit code 1 where there is something."""
    said = list(complaints(unused(Checkout(Path(__file__).parents[2])), used_unseen()))
    print("\n".join(said) or "Everything is used.")  # noqa: T201
    sys.exit(bool(said))


if __name__ == "__main__":
    main()
