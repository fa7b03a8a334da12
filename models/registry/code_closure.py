"""The code that scoring needs, as a package of its own that can travel inside a registered model.

Found by reading imports, beginning with the modules of the scorer: what they import anywhere, in functions too, and nothing else of leadq.
The copy is called by the hash of its content, ``leadq_3f2a9c81d07b``. So it never meets a leadq that is installed where
the model is loaded, of whatever version, and two models made by different versions can be loaded side by side in one process.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from sys import stdlib_module_names

import leadq

PACKAGE = "leadq"
_FACE = '"""The part of leadq {version} that scores, copied into this model when it was registered (Apache-2.0)."""\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeClosure:
    """Source files that belong together.

    Parameters
    ----------
    name : str
        Import name of the copy.
    files : mapping of str to str
        Path within the package, ``"models/bundle/bundle.py"``, to its source under that name.
    libraries : frozenset of str
        Import names of what the code imports from elsewhere, the standard library left out.
    """

    name: str
    files: Mapping[str, str]
    libraries: frozenset[str]

    def write(self, folder: Path) -> Path:
        """Write the package into ``folder`` as real files; return its folder."""
        for path, source in self.files.items():
            (folder / self.name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / self.name / path).write_text(source, encoding="utf-8")
        return folder / self.name


def code_closure(*modules: str) -> CodeClosure:
    """Gather ``modules`` and all of leadq that they import, directly or not.

    Parameters
    ----------
    *modules : str
        ``"leadq.models.registry.raw_scorer"``.

    Raises
    ------
    ValueError
        A module is imported as ``import leadq.x``, which cannot be given another name, or out of the package's face.
    """
    waiting, sources, libraries = list(modules), {"__init__.py": _FACE.format(version=leadq.__version__)}, set[str]()
    while waiting:
        module = waiting.pop()
        path = _path(module)
        if path is None or path in sources or module == PACKAGE:
            continue
        sources[path] = (_root() / path).read_text(encoding="utf-8")
        waiting.append(module.rpartition(".")[0])  # importing a module imports the packages that it lies in
        for imported in _imports(ast.parse(sources[path])):
            if imported.partition(".")[0] == PACKAGE:
                waiting.append(imported)
            else:
                libraries.add(imported.partition(".")[0])
    digest = hashlib.sha256("\0".join(part for one in sorted(sources.items()) for part in one).encode()).hexdigest()
    name = f"{PACKAGE}_{digest[:12]}"
    files = {path: renamed(sources[path], name) for path in sorted(sources)}
    return CodeClosure(name=name, files=files, libraries=frozenset(libraries - stdlib_module_names))


def renamed(source: str, name: str) -> str:
    """Return a module's source with its imports from leadq taken from the package ``name``.

    Raises
    ------
    ValueError
        It writes ``import leadq.x`` or ``from leadq import x``.
    """
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(one.name.partition(".")[0] == PACKAGE for one in node.names):
            raise _unnamed(node.lineno)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == PACKAGE:
            if node.module == PACKAGE:
                raise _unnamed(node.lineno)
            line = lines[node.lineno - 1]
            before = len(line.encode()[: node.col_offset].decode())
            lines[node.lineno - 1] = line[:before] + line[before:].replace(f"from {PACKAGE}", f"from {name}", 1)
    return "".join(lines)


def _unnamed(line: int) -> ValueError:
    return ValueError(f"line {line}: a module that travels must write from {PACKAGE}.<room>.<module> import <name>")


def _root() -> Path:
    return Path(leadq.__file__).parent


def _path(module: str) -> str | None:
    """Return where a module lies within leadq; None for the name of something in a module."""
    below = module.split(".")[1:]
    for path in ("/".join([*below, "__init__.py"]), "/".join(below) + ".py"):
        if (_root() / path).is_file():
            return path
    return None


def _imports(node: ast.AST) -> Iterator[str]:
    """Yield what is imported below ``node``, but for what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (one.name for one in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            yield from (f"{child.module}.{one.name}" for one in child.names)
        else:
            yield from _imports(child)
