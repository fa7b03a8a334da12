"""The site of the documentation: built strictly, nothing of another host, read and searched from a file in a browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

from docs_site.links import relinked, source_of
from tests.docs.blocks import ROOT
from tests.layout.test_checkout import _NO_NETWORK

CHROMIUM = shutil.which("chromium")
_COMMENT = re.compile(r"/\*.*?\*/|(?:<|\\3c )!--.*?-->", re.DOTALL)
"""Licences of what the theme is made of name their home."""
_ADDRESS = re.compile(r"https?://[^\s\"'`<>)\\]+")
COUNTED = {
    "bullet_list_open": "ul",
    "ordered_list_open": "ol",
    "list_item_open": "li",
    "table_open": "table",
    "tr_open": "tr",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    yield folder
    shutil.rmtree(folder)


class Elements(HTMLParser):
    """Counts the elements of a page's text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inside, self.found = 0, Counter[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "article":
            self.inside = 1
        elif self.inside and tag in COUNTED.values():
            self.found[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self.inside = 0


def own_pages() -> list[str]:
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path.relative_to(ROOT).as_posix() for path in paths if "\n::: " not in path.read_text(encoding="utf-8")]


def page_of(site: Path, path: str) -> Path:
    source = source_of(path)
    return site / re.sub(r"README\.md$", "index.html", source).replace(".md", ".html")


def test_no_page_and_no_script_names_another_host(site: Path) -> None:
    looked_at = 0
    for path in site.rglob("*"):
        if path.suffix in {".html", ".css", ".js", ".json"}:
            text = path.read_text(encoding="utf-8")
            text = _COMMENT.sub("", text) if path.suffix in {".css", ".js"} else text
            foreign = [found for found in _ADDRESS.findall(text) if not _NO_NETWORK.match(found)]
            assert not foreign, f"{path}: {foreign[:3]}"
            looked_at += 1
    assert looked_at > 50


def test_every_page_is_read_as_in_the_checkout(site: Path) -> None:
    """What CommonMark sees in a page, lists and tables and rows, is what the site shows."""
    for path in own_pages():
        tokens = MarkdownIt("commonmark").enable("table").parse((ROOT / path).read_text(encoding="utf-8"))
        expected = Counter(COUNTED[token.type] for token in tokens if token.type in COUNTED)
        assert Elements(page_of(site, path).read_text(encoding="utf-8")).found == expected, path


def test_links_out_of_docs_lead_to_pages_that_show_what_is_there(site: Path) -> None:
    shown = (site / "checkout" / "examples" / "bank_calls" / "leadq.yaml.html").read_text(encoding="utf-8")
    assert "won" in shown
    assert 'href="checkout/examples.html"' in (site / "index.html").read_text(encoding="utf-8")
    text = "See [a](b.md#c), `[not](this.md)`\n```\n[nor](that.md)\n```\n[d]( e.md)\n"
    assert relinked(text, lambda link: f"<{link}>").startswith("See [a](<b.md>#c)")
    assert "[nor](that.md)" in relinked(text, lambda _: "x")


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_it_is_read_and_searched_from_a_file_on_a_desk_and_on_a_phone(site: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "howto" / "deliver.html").as_uri())
        page.click("input.md-search__input")
        page.keyboard.type("ledger")
        page.wait_for_selector(".md-search-result__item")
        page.set_viewport_size({"width": 390, "height": 844})
        for name in ("index", "commands", "api", "evidence"):
            page.goto((site / f"{name}.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        browser.close()
    assert asked
    assert all(address.startswith(("file:", "data:")) for address in asked), asked
