"""Links that hold in the checkout and on the site: which page of the site shows what lies where in the checkout.

What is in ``docs/`` keeps its place, ``README.md`` is the home page, everything else that is linked stands under ``checkout/``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = "README.md"
CHECKOUT = "checkout"
_FENCE = re.compile(r" *(`{3,}|~{3,})")
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)(?=[)#\s])")


def relinked(text: str, target: Callable[[str], str]) -> str:
    """Return ``text`` with every link's target given to ``target``, fenced code left as it is; what follows ``#`` is kept."""
    out, fence = [], ""
    for line in text.split("\n"):
        marker = _FENCE.match(line)
        if marker and (not fence or marker.group(1).startswith(fence)):
            fence = "" if fence else marker.group(1)
        out.append(line if fence or marker else _LINK.sub(lambda found: target(found.group()), line))
    return "\n".join(out)


def source_of(path: str) -> str:
    """Return under which name MkDocs knows what lies at ``path`` of the checkout."""
    if path == HOME:
        return "index.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path.endswith((".md", ".png")):
        return f"{CHECKOUT}/{path}"
    return f"{CHECKOUT}/{path}.md"


def path_of(source: str) -> str:
    """Return where in the checkout lies what MkDocs knows as ``source``."""
    if source == "index.md":
        return HOME
    if not source.startswith(f"{CHECKOUT}/"):
        return f"docs/{source}"
    path = source.removeprefix(f"{CHECKOUT}/")
    return path if (ROOT / path).exists() else path.removesuffix(".md")


def in_checkout(here: str, link: str) -> str | None:
    """Return the path that a link on the page ``here`` leads to; None where it leads to nothing of the checkout."""
    if re.match(r"[a-z]+:", link):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(here), link))
    return None if path.startswith("..") or not (ROOT / path).exists() else path
