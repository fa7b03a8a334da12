"""What MkDocs calls while it builds the site: README as home page, links out of ``docs/`` followed, nothing fetched from elsewhere.

A link to a file or folder of the checkout that is not in ``docs/`` gets a page that shows it, so that one link serves the
checkout and the site. Settings stand in ``mkdocs.yml``.
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs_site.links import ROOT, in_checkout, path_of, relinked, source_of

_LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".json": "json", ".sql": "sql"}
_ELSEWHERE = re.compile(r"(?<=https:)//(?:unpkg\.com|bit\.ly|api\.github\.com|\$\{e\}/api/v4)/")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put every file of a folder that ``nav`` names into its place."""
    config.nav = _expanded(config.nav or [], Path(config.docs_dir))
    return config


def _expanded(entries: list[Any], docs: Path) -> list[Any]:
    found: list[Any] = []
    for entry in entries:
        if isinstance(entry, dict):
            found.append(
                {title: _expanded(below, docs) if isinstance(below, list) else below for title, below in entry.items()}
            )
        elif entry.endswith("/"):
            found += [
                path.relative_to(docs).as_posix()
                for path in sorted((docs / entry).glob("*.md"))
                if path.name != "README.md"
            ]
        else:
            found.append(entry)
    return found


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the README, the root's other documents, and a page for whatever in the checkout is linked from a page."""
    waiting = [path.name for path in sorted(ROOT.glob("*.md"))]
    waiting += [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        text = None if path.startswith("docs/") else _content(ROOT / path)
        if text is not None:
            files.append(File.generated(config, source_of(path), content=text))
        elif not path.startswith("docs/"):
            files.append(File.generated(config, source_of(path), abs_src_path=str(ROOT / path)))
        for linked in _linked_from(path, text):
            if linked not in seen:
                seen.add(linked)
                waiting.append(linked)
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Point links at the site's pages."""
    here = path_of(page.file.src_uri)

    def target(link: str) -> str:
        path = in_checkout(here, link)
        if path is None:
            return link
        return posixpath.relpath(source_of(path), posixpath.dirname(page.file.src_uri) or ".")

    return relinked(markdown, target)


def on_post_build(config: MkDocsConfig) -> None:
    """Take out what the theme would fetch from other hosts for features that this site does not use, and their addresses."""
    site = Path(config.site_dir)
    scripts = site / "assets" / "javascripts"
    shutil.rmtree(scripts / "lunr")  # other languages than English
    for script in scripts.rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        script.write_text(_ELSEWHERE.sub("//nowhere.example/", text), encoding="utf-8")
    for unused in (*site.rglob("*.map"), site / "sitemap.xml", site / "sitemap.xml.gz"):
        unused.unlink(missing_ok=True)


def _linked_from(path: str, text: str | None) -> list[str]:
    """Paths outside of ``docs/`` to which the page at ``path`` links."""
    found: list[str] = []
    if path.startswith("docs/"):
        text = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).is_file() else ""

    def note(link: str) -> str:
        linked = in_checkout(path, link)
        if linked is not None and not linked.startswith("docs"):
            found.append(linked)
        return link

    relinked(text or "", note)
    return found


def _content(path: Path) -> str | None:
    """Return the page that shows a file or folder; None for a picture."""
    name = path.relative_to(ROOT).as_posix()
    if path.is_dir():
        inside = sorted(one for one in path.iterdir() if not one.name.startswith((".", "__")))
        links = "\n".join(f"- [{one.name}{'/' if one.is_dir() else ''}]({path.name}/{one.name})" for one in inside)
        return f"# {name}/\n\nIn the checkout:\n\n{links}\n"
    if path.suffix == ".png":
        return None
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        shown = ("".join(one["source"]) for one in cells)
        kinds = (one["cell_type"] == "code" for one in cells)
        return "\n\n".join(f"```python\n{one}\n```" if code else one for one, code in zip(shown, kinds, strict=True))
    return f"# {name}\n\n````{_LANGUAGES.get(path.suffix, 'text')}\n{text.rstrip()}\n````\n"
