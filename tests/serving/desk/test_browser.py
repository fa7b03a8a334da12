"""The desk in a real browser: list, filter, card, accept, reject, sign in, phone, keyboard, and no serious fault for axe."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from leadq.crm.answers.answer import Answer
from leadq.crm.answers.challenge import Challenge
from leadq.serving.desk.desk_state import Desk
from tests.serving.desk.conftest import NOW, TOKENS, Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-quic"]
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (Debian package chromium)"),
]

MakeDesk = Callable[..., Desk]
Serve = Callable[[Desk], Browser]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A fresh page; anything the browser complains of, such as a blocked script, fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    made = context.new_page()
    complaints: list[str] = []
    made.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    made.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    yield made
    context.close()
    assert [text for text in complaints if "status of 4" not in text] == []


def _follow(page: Any, link: Any) -> None:
    """Click and wait for the page that comes of it: what is read at once would else be of the page before."""
    with page.expect_navigation():
        link.click()


def test_a_rep_finds_a_lead_reads_its_card_and_answers(make_desk: MakeDesk, serve: Serve, page: Any) -> None:
    desk = make_desk()
    page.goto(serve(desk).address)
    assert page.title() == "Tonight's leads - leadq desk"
    _follow(page, page.get_by_role("navigation", name="Tiers").get_by_role("link", name="T1: Sales-ready"))
    page.get_by_label("Source").select_option("partner_referral")
    _follow(page, page.get_by_role("button", name="Show"))
    rows = page.locator("table.leads tbody tr")
    assert rows.count() > 2
    assert set(rows.locator("td[data-label=Source]").all_inner_texts()) == {"partner referral"}
    lead_id = rows.nth(1).get_by_role("link").inner_text()
    _follow(page, rows.nth(1).get_by_role("link"))
    assert page.get_by_role("heading", level=1).inner_text() == f"Lead {lead_id}"
    assert page.locator(".reasons.for li").count() >= 1

    _follow(page, page.get_by_role("button", name="Reject the lead"))  # without a reason
    assert "a rejected lead needs a reason" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Reason").get_attribute("aria-invalid") == "true"
    assert desk.answers.of(lead_id) == ()

    page.get_by_label("Reason").select_option("outside_icp")
    _follow(page, page.get_by_role("button", name="Reject the lead"))
    assert "Rejected" in page.get_by_role("status").inner_text()
    assert "rejected: outside icp" in page.locator(".answers").inner_text()

    _follow(page, page.get_by_role("link", name="Next lead"))
    assert page.get_by_role("heading", level=1).inner_text() != f"Lead {lead_id}"
    _follow(page, page.get_by_role("button", name="Accept the lead"))
    assert "Accepted" in page.get_by_role("status").inner_text()
    _follow(page, page.get_by_role("link", name="Back to the list"))
    assert set(rows.locator("td[data-label=Source]").all_inner_texts()) == {"partner referral"}
    assert {"rejected", "accepted"} <= set(rows.locator("td[data-label=Answer]").all_inner_texts())
    assert [answer.decision for answer in desk.answers.latest().values()] == ["rejected", "accepted"]


def test_a_wrong_token_is_refused_and_the_right_one_comes_in(make_desk: MakeDesk, serve: Serve, page: Any) -> None:
    person = {"name": "Ann", "role": "answerer", "token": "${ANN}"}
    page.goto(serve(make_desk({"people": [person]})).address)
    page.get_by_label("Your token").fill("not a token at all")
    page.keyboard.press("Enter")
    assert "not known" in page.get_by_role("alert").inner_text()
    page.get_by_label("Your token").fill(TOKENS["Ann"])
    _follow(page, page.get_by_role("button", name="Sign in"))
    assert page.locator(".who").inner_text() == "Ann"
    _follow(page, page.get_by_role("button", name="Sign out"))
    assert page.get_by_role("heading", level=1).inner_text() == "Sign in"


def challenged(desk: Desk) -> None:
    """Challenge a rejection of one lead of the desk."""
    desk.answers.record(Answer(lead_id="L000005", decided_at=NOW, rep="Bo", decision="rejected", reason="no_budget"))
    made = Challenge(lead_id="L000005", challenged_at=NOW, side="marketing", who="Mia", about="rejection",
                     of_at=NOW, reason="no_budget", note="<script>alert(1)</script> " + "wide" * 100)  # fmt: skip
    desk.challenges.record(made)


@pytest.mark.parametrize("path", ["/", "/lead?id=L000005", "/?answering=1", "/answers"])
def test_a_phone_shows_everything_without_scrolling_sideways(
    make_desk: MakeDesk, serve: Serve, page: Any, path: str
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    desk = make_desk()
    challenged(desk)
    page.goto(serve(desk).address + path)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
    if path == "/answers":
        assert page.get_by_text("Marketing challenges the rejection").is_visible()
    elif path != "/lead?id=L000005":
        assert page.locator("table.leads tbody tr").first.get_by_role("link").is_visible()
    else:
        assert page.get_by_role("button", name="Reject the lead").is_visible()


def test_everything_is_reached_by_keyboard(make_desk: MakeDesk, serve: Serve, page: Any) -> None:
    desk = make_desk()
    page.goto(f"{serve(desk).address}/lead?id=L000005")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "accept":
            break
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert desk.answers.latest()["L000005"].decision == "accepted"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(make_desk: MakeDesk, serve: Serve, page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    desk = make_desk()
    challenged(desk)
    address = serve(desk).address
    light = ("/lead?id=L000399", "/sign-in", "/?page=0", "/?answering=1", "/answers")
    more = light if scheme == "light" else ()
    for path in ("/", "/lead?id=L000005", *more):
        page.goto(address + path)
        found = Axe().run(page).response["violations"]
        assert [(path, one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == []


def test_hostile_text_runs_nothing_on_page_and_in_the_saved_card(
    make_desk: MakeDesk, serve: Serve, page: Any, tmp_path: Any
) -> None:
    browser = serve(make_desk())
    page.goto(f"{browser.address}/?q=%3Cscript")
    _follow(page, page.locator("table.leads tbody tr").first.get_by_role("link"))
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save this page as a file").click()
    file = tmp_path / "card.html"
    saved.value.save_as(file)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert "gnp.exe" in page.get_by_role("heading", level=1).inner_text()
    assert page.locator("svg.bar rect").first.evaluate("one => getComputedStyle(one).fill") != "rgb(0, 0, 0)"
    assert asked == [file.as_uri()]


def test_on_paper_the_card_is_without_forms(make_desk: MakeDesk, serve: Serve, page: Any) -> None:
    page.goto(f"{serve(make_desk()).address}/lead?id=L000005")
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Reject the lead").is_visible()
    assert page.get_by_role("heading", name="How the figure adds up").is_visible()
