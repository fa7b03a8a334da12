"""Rules on the words that people read, each a function from a text to complaints: numbers with their nouns, and phrases nobody would write.

Only what people read counts: strings of code that are no docstrings, templates, and the notebook's text.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("foundation", "agreement", "crm", "features", "models", "serving", "pipelines")
NOUNS = (
    "accounts|answers|attempts|calls|campaigns|cells|chunks|columns|contacts|days|decisions|errors|events|families|features|fields"
    "|files|hand-offs|hand-overs|hours|leads|leaks|levels|lines|losses|minutes|months|nights|opportunities|periods|problems|properties|records"
    "|revisions|rows|rules|seconds|steps|tables|tiers|times|touches|values|warnings|weeks|wins|years"
)
_NOUN = re.compile(rf" (?:(?!(?:of|on|in|at|for|to|and|is|are|has|have|that) )[a-z-]+ )?(?:{NOUNS})\b")
_DECIMALS = re.compile(r"%$|\.[1-9]\d*[feg]?$")
_TEXTS = ("capitalised",)
"""Functions that return a text."""
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]+")
PHRASES: dict[str, str] = {
    r"\b[Mm]end(?:ed|s)?\b": "fix",
    r"\b[Tt]ake (?:it|them|the file|that file) from a backup": "restore",
    r"\b[Ll]ook whether\b": "check whether",
    r"must (?:stand|be whole|lie)\b": "must be, must be complete",
    r"\bis no (?:id|file|field|number|text|date|SQLite|size)\b": "is not a",
    r"\bare no (?:ids|files|fields|numbers|texts|dates)\b": "are not",
    r"label 0": "counts as not won",
    r"as most do": "say what is meant",
    r"\bAll is\b": "say what was done",
    r"\bSay so\b": "Send",
    r"\b(?:goes|go) on where it stopped\b": "continues where it stopped",
    r"\bkeeps? (?:its|their) word\b": "is right",
    r"\b(?:came|comes) of\b": "result",
    r"\b(?:is|are) told\b": "say who does what",
    r"\bonce more\b": "again",
    r"\bmeanwhile\b": "in the meantime",
    r"[Oo]ut of the playbook": "from the playbook",
    r"no causes\b": "do not say what causes",
    r"\bwith one's\b|\banybody's\b": "plain words",
}
"""What is not to be read anywhere, and what to write instead."""
_ANY_PHRASE = re.compile("|".join(PHRASES))


def sentences_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string that is no docstring; values of f-strings are ``{}``."""
    tree = ast.parse(source)
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    silent |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.lineno, node.value


def numbers_without_their_noun(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every f-string in which a number that may be 1 meets a plural: ``f"{rows:,} rows"``.

    A constant in capitals is never 1, and a figure with decimals (``1.0 days``) takes the plural.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, after in zip(node.values, node.values[1:], strict=False):
            if not isinstance(value, ast.FormattedValue) or not isinstance(after, ast.Constant):
                continue
            if (found := _NOUN.match(str(after.value))) and _may_be_one(value):
                yield node.lineno, f"{{{ast.unparse(value.value)}}}{found[0]}"


def _may_be_one(value: ast.FormattedValue) -> bool:
    spec = ast.unparse(value.format_spec)[2:-1] if value.format_spec else ""
    is_constant = isinstance(value.value, ast.Name) and _CONSTANT.fullmatch(value.value.id)
    is_text = isinstance(value.value, ast.Call) and ast.unparse(value.value.func) in _TEXTS
    return not is_constant and not is_text and not _DECIMALS.search(spec)


def phrases_in(text: str) -> Iterator[str]:
    """Yield what is said in a way that nobody would write, with what to write instead."""
    for phrase, better in PHRASES.items() if _ANY_PHRASE.search(text) else ():
        if found := re.search(phrase, text):
            yield f"{found[0]!r}: {better}"


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of what people read in a file of code, a template or a notebook."""
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from sentences_of(content)
    elif path.suffix == ".ipynb":
        for number, cell in enumerate(json.loads(content)["cells"], start=1):
            if cell["cell_type"] == "markdown":
                yield number, "".join(cell["source"])
    else:
        yield from enumerate(re.sub(r"\{[{%#].*?[}%#]\}|<[^>]*>", "", content).splitlines(), start=1)
