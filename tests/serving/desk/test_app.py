"""The desk over HTTP: who may come in, what is kept, what is refused, and that hostile text stays text."""

from __future__ import annotations

import csv
import io
import random
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.calendar.durations import moment_in_words
from leadq.agreement.calendar.weekly_calendar import Calendar
from leadq.agreement.schema import Agreement, Signature, Sla
from leadq.agreement.terms.measured_terms import AfterRejection
from leadq.crm.config.desk_settings import DeskSettings
from leadq.serving.desk.desk_state import Desk
from leadq.serving.scoring.score_batches import ScoringRun
from leadq.serving.words.agreed.deadline import DEADLINES
from tests.serving.desk.conftest import HOSTILE, LEADS, NOW, TOKENS, Browser, Company, owners

PEOPLE = [
    {"name": "Ann", "role": "answerer", "owner": "north", "token": "${ANN}"},
    {"name": "Ray", "role": "reader", "owner": "south", "token": "${RAY}"},
    {"name": "Sue", "role": "answerer", "see_all": True, "token": "${SUE}"},
]
MakeDesk = Callable[..., Desk]
Serve = Callable[[Desk], Browser]


def lead(lead_id: str) -> str:
    return "/lead?" + urlencode({"id": lead_id})


def sign_in(browser: Browser, name: str) -> None:
    status, _, _ = browser.post("/sign-in", {"csrf": browser.csrf("/sign-in"), "token": TOKENS[name]})
    assert status == 303


def test_the_list_shows_the_best_leads_first_and_counts_tiers(make_desk: MakeDesk, serve: Serve) -> None:
    status, page, headers = serve(make_desk()).get("/")
    assert status == 200
    assert "<strong>397</strong> leads" in page
    percents = [float(found) for found in re.findall(r'percent">(\d+\.\d) %', page)]
    assert len(percents) == 50
    assert percents == sorted(percents, reverse=True)
    assert "script-src" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"
    assert "samesite=lax" in headers["set-cookie"]  # as decision 0016 says, and why
    assert "httponly" in headers["set-cookie"]


@pytest.mark.parametrize(
    ("query", "said"),
    [("sort=cheapest", "sort"), ("page=0", "page"), (f"page={'9' * 5000}", "page"), ("changed=1", "changed")],
)
def test_a_look_that_does_not_exist_is_refused_with_what_there_is(
    make_desk: MakeDesk, serve: Serve, query: str, said: str
) -> None:
    status, page, _ = serve(make_desk()).get(f"/?{query}")
    assert status == 400
    assert f"the list, {said}" in page
    assert "must be one of" in page


def test_before_the_first_night_the_desk_says_so(make_desk: MakeDesk, serve: Serve, company: Company) -> None:
    company.runs.clear()
    status, page, _ = serve(make_desk()).get("/")
    assert status == 503
    assert "There are no scores yet" in page


class Parts(HTMLParser):
    """Figures of a card's table, as a person reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.figures: dict[str, list[float]] = {"base": [], "part": [], "result": []}
        self._part = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._part = dict(attrs).get("data-part") or ""

    def handle_data(self, data: str) -> None:
        if self._part and data.strip():
            self.figures[self._part].append(float(data.replace("\u2212", "-").replace("%", "")))
            self._part = ""


@pytest.mark.parametrize("cards", [200, pytest.param(1000, marks=pytest.mark.acceptance)])
def test_bars_of_many_cards_add_up_to_the_probability_shown(
    cards: int,
    make_desk: MakeDesk,
    serve: Serve,
    company: Company,
    scoring: ScoringRun,
    lead_batch: Callable[..., pa.RecordBatch],
) -> None:
    company.commit(lead_batch(cards + 100, seed=9), replace(scoring, as_of=NOW))
    browser = serve(make_desk())
    ids = [f"L{number:06d}" for number in random.Random(5).sample(range(cards + 100), cards)]
    for lead_id in ids:
        status, page, _ = browser.get(lead(lead_id))
        assert status == 200
        parts = Parts()
        parts.feed(page)
        (base,), (result,) = parts.figures["base"], parts.figures["result"]
        assert round(base + sum(parts.figures["part"]), 1) == result, lead_id
        assert re.findall(r'percent">(\d+\.\d) %', page) == [f"{result:.1f}"]


def test_a_card_says_what_changed_what_was_alike_and_what_to_do(make_desk: MakeDesk, serve: Serve) -> None:
    _, page, _ = serve(make_desk()).get(lead("L000005"))
    for said in (
        "To T1: asked for a demo yesterday",
        "What changed since the last score",
        "Score over the last nights",
        "Leads like this one",
        "Came in 2026-03 from the web site: won after 41 days. Alike in: Company",
        "Facts that are not listed also count",
    ):
        assert said in page


def test_not_scored_is_a_state_with_a_reason(make_desk: MakeDesk, serve: Serve) -> None:
    _, page, _ = serve(make_desk()).get(lead(f"L{LEADS - 1:06d}"))
    assert "Not scored: it is older than any lead whose outcome the history shows." in page
    assert "%" not in re.sub(r"<[^>]+>", "", page.split("<dl")[0].split("<h1>")[1])


def test_an_answer_is_kept_as_a_disposition_with_what_was_shown(make_desk: MakeDesk, serve: Serve) -> None:
    desk = make_desk()
    browser = serve(desk)
    csrf = browser.csrf(lead("L000007"))
    form = {"csrf": csrf, "answer": "reject", "reason": "no_budget", "note": " asked \u202e twice "}
    status, _, headers = browser.post(lead("L000007"), form)
    assert (status, headers["location"]) == (303, "/lead?id=L000007#main")
    (answer,) = desk.answers.of("L000007")
    assert (answer.decision, answer.reason, answer.note, answer.rep) == (
        "rejected",
        "no_budget",
        "asked twice",
        "Local Person",
    )
    assert (answer.run_id, answer.agreement_version, answer.decided_at) == ("run-2", 4, NOW)
    (row,) = [row for batch in desk.answers.dispositions(until=NOW) for row in batch.to_pylist()]
    assert (row["decision"], row["reason"], row["channel"]) == ("rejected", "no_budget", "desk")
    assert "Rejected, with your reason." in browser.get(headers["location"])[1]
    _, listed, _ = browser.get("/?answered=rejected")
    assert "<strong>1</strong> lead," in listed
    assert "L000007" in listed
    assert "No leads match your filters" in browser.get("/?answered=no&q=L000007")[1]
    browser.post(lead("L000007"), {"csrf": csrf, "answer": "accept"})
    assert desk.answers.latest()["L000007"].decision == "accepted"
    assert [row.what for row in desk.answers.audit()] == ["rejected", "accepted"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"answer": "reject"}, "needs a reason"),
        ({"answer": "reject", "reason": "bad mood"}, "must be one of the agreed reasons"),
        ({"answer": "disagree"}, "must be a tier of the agreement"),
        ({"answer": "disagree", "suggested_tier": "T9"}, "must be a tier of the agreement"),
        ({"answer": "maybe"}, "must be accept, reject or disagree"),
        ({"answer": "accept", "note": "n" * 501}, "at most 500 characters"),
    ],
)
def test_an_answer_that_lacks_something_is_refused_and_nothing_is_kept(
    make_desk: MakeDesk, serve: Serve, form: dict[str, str], said: str
) -> None:
    desk = make_desk()
    browser = serve(desk)
    status, page, _ = browser.post(lead("L000008"), {"csrf": browser.csrf(lead("L000008")), **form})
    assert status == 422
    assert "Your answer was not saved" in page
    assert said in page
    assert desk.answers.of("L000008") == ()


def test_a_reason_against_the_record_is_asked_about_at_once(
    make_desk: MakeDesk, serve: Serve, company: Company, tmp_path: Path, agreed: Agreement
) -> None:
    records = tmp_path / "records.parquet"
    rows = [{"lead_id": "L000007", "attempts": 1}, {"lead_id": "L000008", "attempts": 6}]
    pq.write_table(pa.Table.from_pylist(rows), records)
    company.runs[-1] = replace(company.runs[-1], records=records)
    tiers = tuple(replace(tier, sla=Sla(attempts=6)) for tier in agreed.tiers)
    needs = {"no_budget": AfterRejection(needs="attempts")}
    desk = replace(
        make_desk(), agreement=replace(agreed, tiers=tiers, after_rejection=needs, buyer_needs=("lower_cost",))
    )
    browser = serve(desk)
    form = {"csrf": browser.csrf(lead("L000007")), "answer": "reject", "reason": "no_budget", "fits_profile": "no"}
    status, page, _ = browser.post(lead("L000007"), form)
    assert (status, desk.answers.of("L000007")) == (422, ())
    assert "1 of 6 attempts is recorded. Say no budget all the same?" in page
    assert 'name="all_the_same" value="no_budget"' in page
    assert browser.post(lead("L000007"), {**form, "all_the_same": "no_budget"})[0] == 303
    (answer,) = desk.answers.of("L000007")
    assert (answer.against_record, answer.fits_profile) == ("1 of 6 attempts is recorded", False)
    assert "Said although 1 of 6 attempts is recorded." in browser.get(lead("L000007"))[1]
    assert browser.post(lead("L000008"), form)[0] == 303  # as recorded
    assert desk.answers.of("L000008")[0].against_record is None
    assert browser.post(lead("L000007"), {**form, "reason": "duplicate"})[0] == 303  # nothing agreed for it
    assert browser.post(lead("L000009"), {**form, "reason": "duplicate", "need": "sleep"})[0] == 422
    assert browser.post(lead("L000009"), {**form, "reason": "duplicate", "need": "lower_cost"})[0] == 303
    assert desk.answers.of("L000009")[0].need == "lower_cost"


def test_a_lead_is_answered_in_the_list_with_one_click_and_asked_about_there(
    make_desk: MakeDesk, serve: Serve, company: Company, tmp_path: Path, agreed: Agreement
) -> None:
    pq.write_table(pa.Table.from_pylist([{"lead_id": "L000007", "attempts": 1}]), tmp_path / "records.parquet")
    company.runs[-1] = replace(company.runs[-1], records=tmp_path / "records.parquet")
    tiers = tuple(replace(tier, sla=Sla(attempts=6)) for tier in agreed.tiers)
    needs = {"no_budget": AfterRejection(needs="attempts")}
    desk = replace(make_desk(), agreement=replace(agreed, tiers=tiers, after_rejection=needs))
    browser = serve(desk)
    assert 'class="clicks"' not in browser.get("/")[1]
    here = "/?answered=no&sort=lead&answering=1"
    page = browser.get(here)[1]
    assert page.count('class="clicks"') == 50
    assert page.count('name="reason" value="no_budget"') == 50
    form = {"csrf": browser.csrf(here), "lead": "L000007", "run": "run-2", "place": "4", "reason": "no_budget"}
    assert browser.post(here, {**form, "csrf": "x"})[0] == 403
    status, page, _ = browser.post(here, form)
    assert (status, desk.answers.of("L000007")) == (422, ())
    assert "1 of 6 attempts is recorded. Say no budget all the same?" in page
    status, _, headers = browser.post(here, {**form, "all_the_same": "no_budget"})
    assert (status, headers["location"]) == (303, "/?answered=no&sort=lead&answering=1#row-4")
    page = browser.get(headers["location"])[1]
    assert "Lead <bdi>L000007</bdi>: rejected as no budget." in page
    assert 'value="L000007"' not in page  # it left the list, and the next lead stands where it stood
    assert desk.answers.of("L000007")[0].against_record == "1 of 6 attempts is recorded"
    assert browser.post(here, {"csrf": form["csrf"], "lead": "L000010", "run": "run-2"})[0] == 303
    assert desk.answers.of("L000010")[0].decision == "accepted"
    status, page, _ = browser.post(here, {**form, "lead": "L000011", "run": "run-1"})
    assert (status, "was scored again while you were reading" in page) == (422, True)
    assert browser.post(here, {**form, "lead": "L000011", "reason": "other"})[0] == 422
    assert desk.answers.of("L000011") == ()


def test_a_form_from_elsewhere_is_not_taken(make_desk: MakeDesk, serve: Serve) -> None:
    desk = make_desk()
    browser = serve(desk)
    csrf = browser.csrf(lead("L000009"))
    for form, headers in (
        ({"answer": "accept"}, {}),
        ({"answer": "accept", "csrf": csrf[:-1] + "x"}, {}),
        ({"answer": "accept", "csrf": csrf}, {"Origin": "http://elsewhere.example"}),
        ({"answer": "accept", "csrf": csrf, "note": "n" * 30_000}, {}),
    ):
        assert browser.post(lead("L000009"), form, **headers)[0] == 403
    stranger = Browser(address=browser.address)
    assert stranger.post(lead("L000009"), {"answer": "accept", "csrf": csrf})[0] == 403
    assert desk.answers.of("L000009") == ()
    assert browser.get("/", Host="rebound.example")[0] == 400


def test_only_people_with_a_token_come_in_and_readers_do_not_answer(make_desk: MakeDesk, serve: Serve) -> None:
    desk = make_desk({"people": PEOPLE})
    browser = serve(desk)
    status, _, headers = browser.get("/")
    assert (status, headers["location"]) == (303, "/sign-in")
    assert browser.get("/leads.csv", Accept="text/csv")[0] == 401
    status, page, _ = browser.post("/sign-in", {"csrf": browser.csrf("/sign-in"), "token": "wrong-" + "w" * 24})
    assert status == 403
    assert "not known" in page
    assert "www" not in page
    sign_in(browser, "Ray")
    status, page, _ = browser.get(lead("L000003"))
    assert "Ray (read only)" in page
    assert "Reject the lead" not in page
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    assert browser.post(lead("L000003"), {"csrf": csrf, "answer": "accept"})[0] == 403
    assert desk.answers.of("L000003") == ()
    assert browser.post("/sign-out", {"csrf": csrf})[0] == 303
    assert browser.get("/")[0] == 303
    log = desk.answers.audit()
    assert [(row.who, row.what) for row in log] == [("unknown", "sign-in refused"), ("Ray", "signed in")]
    assert not any(token in str(row) for row in log for token in TOKENS.values())


def test_a_machine_signs_in_with_its_token_in_the_header(make_desk: MakeDesk, serve: Serve) -> None:
    desk = make_desk({"people": PEOPLE})
    browser = serve(desk)
    assert browser.get("/leads.csv", Authorization=f"Bearer {TOKENS['Ray']}")[0] == 200
    assert browser.get("/leads.csv", Authorization="Bearer nobody")[0] == 401
    status, _, _ = browser.post(lead("L000004"), {"answer": "accept"}, Authorization=f"Bearer {TOKENS['Ann']}")
    assert status == 303
    assert desk.answers.of("L000004")[0].rep == "Ann"


def test_a_trusted_proxy_names_the_person_and_nobody_else_may(make_desk: MakeDesk, serve: Serve) -> None:
    people = [{"name": "Ann", "role": "answerer"}]
    trusted = make_desk({"people": people, "proxy": {"trusted": ["127.0.0.1"]}})
    browser = serve(trusted)
    assert browser.get("/", **{"X-Forwarded-User": "Ann"})[0] == 200
    assert browser.get("/", **{"X-Forwarded-User": "Eve"})[0] == 401
    assert browser.get("/", **{"X-Forwarded-User": "Eve", "x-forwarded-user": "Ann"})[0] == 401
    assert browser.get("/")[0] == 401
    far = serve(make_desk({"people": people, "proxy": {"trusted": ["10.9.9.9"]}}))
    assert far.get("/", **{"X-Forwarded-User": "Ann"})[0] == 401


def test_where_configured_everybody_sees_only_their_own_leads(make_desk: MakeDesk, serve: Serve) -> None:
    desk = make_desk({"people": PEOPLE, "own_rows_only": True})
    browser = serve(desk)
    sign_in(browser, "Ann")
    _, page, _ = browser.get("/")
    assert "<strong>198</strong> leads" in page
    assert "south" not in page
    for path in (lead("L000003"), lead("L000003").replace("/lead?", "/lead.html?"), "/lead.txt?id=L000003"):
        assert browser.get(path)[0] == 404
    csrf = browser.csrf(lead("L000004"))
    assert browser.post(lead("L000003"), {"csrf": csrf, "answer": "accept"})[0] == 404
    assert desk.answers.of("L000003") == ()
    assert "south" not in browser.get("/leads.csv")[1]
    assert "gnp.exe" not in page
    sue = serve(desk)
    sign_in(sue, "Sue")
    assert "<strong>397</strong> leads" in sue.get("/")[1]


def test_hostile_text_stays_text_on_every_page_and_in_every_file(make_desk: MakeDesk, serve: Serve) -> None:
    browser = serve(make_desk())
    lead_id = HOSTILE[:300]
    for path in (
        "/?q=%3Cscript",
        f"{lead(lead_id)}",
        f"/lead.html?{urlencode({'id': lead_id})}",
        "/?q=" + "%3Cscript%3E" * 20,
    ):
        status, page, _ = browser.get(path)
        assert status == 200
        assert "<script" not in page.lower()
        assert "\u202e" not in page
        assert "\u200f" not in page
        assert "x" * 400 not in page
    text = browser.get(f"/lead.txt?{urlencode({'id': lead_id})}")
    assert text[2]["content-type"].startswith("text/plain")
    assert len(text[1]) <= 256
    rows = list(csv.reader(io.StringIO(browser.get("/leads.csv")[1])))
    assert len(rows) == 398
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert not [cell for row in rows for cell in row if "\u202e" in cell]
    assert not [cell for row in rows for cell in row[1:] if len(cell) > 201]
    assert max(len(row[0]) for row in rows) <= 256  # an id is not shortened as a text is


def test_a_new_run_is_taken_up_while_people_read(
    make_desk: MakeDesk, serve: Serve, company: Company, scoring: ScoringRun, lead_batch: Callable[..., pa.RecordBatch]
) -> None:
    browser = serve(make_desk())
    failed: list[int] = []

    def read() -> None:
        other = Browser(address=browser.address)
        failed.extend(status for _ in range(40) if (status := other.get("/")[0]) != 200)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    some = lead_batch(3, seed=5, owner=owners(3), lead_id=pa.array(["L000001", "L000002", "N000001"]))
    company.commit(some, replace(scoring, as_of=NOW - timedelta(hours=1)), whole=False)
    for reader in readers:
        reader.join()
    assert not failed
    _, page, _ = browser.get("/")
    assert "<strong>398</strong> leads" in page
    assert "run run-3" in browser.get(lead("N000001"))[1]
    assert "run run-3" in browser.get(lead("L000001"))[1]
    assert "run run-2" in browser.get(lead("L000003"))[1]


def test_an_answer_to_a_score_that_was_replaced_meanwhile_is_not_kept(make_desk: MakeDesk, serve: Serve) -> None:
    desk = make_desk()
    browser = serve(desk)
    form = {"csrf": browser.csrf(lead("L000008")), "answer": "accept", "run": "run-1"}
    status, page, _ = browser.post(lead("L000008"), form)
    assert status == 422
    assert "the lead was scored again while you were reading" in page
    assert desk.answers.of("L000008") == ()


def test_next_lead_goes_on_in_the_list_one_came_from(make_desk: MakeDesk, serve: Serve) -> None:
    browser = serve(make_desk())
    ids = re.findall(r'data-label="Lead"><a href="/lead\?id=(\w+)', browser.get("/?answered=no&tier=T1")[1])
    path = f"/lead?id={ids[3]}&back=answered%3Dno%26tier%3DT1"
    for _ in range(2):
        page = browser.get(path)[1]
        assert re.findall(r'href="/lead\?id=(\w+)[^"]*">Next lead', page) == [ids[4]]
        browser.post(path, {"csrf": browser.csrf(path), "answer": "accept"})  # it leaves the list of unanswered ones


def test_runs_over_no_lead_and_damaged_ones_leave_the_night_readable(
    make_desk: MakeDesk, serve: Serve, company: Company, scoring: ScoringRun, lead_batch: Callable[..., pa.RecordBatch]
) -> None:
    browser = serve(make_desk())
    assert browser.get("/")[0] == 200
    company.commit(lead_batch(0), replace(scoring, as_of=NOW - timedelta(hours=2)), whole=False)
    assert "<strong>397</strong> leads" in browser.get("/")[1]
    damaged = company.commit(lead_batch(5), replace(scoring, as_of=NOW - timedelta(hours=1)))
    damaged.scores.write_bytes(b"PAR1 no more")
    assert "<strong>397</strong> leads" in browser.get("/")[1]
    company.runs[1].scores.unlink()
    status, page, _ = browser.get(lead("L000005"))
    assert status == 503
    assert "The scores cannot be read at the moment" in page
    assert str(company.folder) not in page


def test_old_scores_are_called_old_though_one_lead_is_fresh(
    make_desk: MakeDesk, serve: Serve, company: Company, scoring: ScoringRun, lead_batch: Callable[..., pa.RecordBatch]
) -> None:
    company.runs.pop()
    company.commit(lead_batch(1), replace(scoring, as_of=NOW), whole=False)
    desk = make_desk()
    assert "days old" not in serve(desk).get("/")[1]
    page = serve(replace(desk, clock=lambda: NOW + timedelta(days=1))).get("/")[1]
    assert "These scores are 2 days old: the nightly run did not finish." in page


def test_the_list_says_how_the_agreement_stands(make_desk: MakeDesk, serve: Serve) -> None:
    desk = make_desk()
    signed = replace(
        desk.agreement,
        signed=tuple(Signature(role=f"head of {side}", on=NOW.date()) for side in ("sales", "marketing")),
    )
    unsigned = replace(signed, signed=())
    version = f"Agreement version {desk.agreement.version}: "
    assert version not in serve(replace(desk, agreement=signed)).get("/")[1]
    assert (
        f"{version}not signed (sign it with leadq agreement sign)."
        in serve(replace(desk, agreement=unsigned)).get("/")[1]
    )
    before = serve(replace(desk, agreement=signed, read_at=NOW - timedelta(days=9))).get("/")[1]
    assert f"{version}not in force before {signed.effective_from}." in before


def test_a_sign_in_without_a_cookie_says_so_and_fills_no_log(make_desk: MakeDesk, serve: Serve) -> None:
    desk = make_desk({"people": PEOPLE})
    browser = serve(desk)
    status, page, _ = browser.post("/sign-in", {"token": TOKENS["Ann"]})
    assert status == 403
    assert "did not save its cookie" in page
    assert desk.answers.audit() == ()
    assert browser.get(lead("L000003"))[0] == 303
    status, _, headers = browser.post("/sign-in", {"csrf": browser.csrf("/sign-in"), "token": TOKENS["Sue"]})
    assert headers["location"] == "/lead?id=L000003"


def test_settings_that_let_strangers_in_do_not_exist() -> None:
    with pytest.raises(ValueError, match="people must list who may sign in"):
        DeskSettings.model_validate({"host": "0.0.0.0"})


def test_list_and_card_say_when_the_first_touch_is_due(make_desk: MakeDesk, serve: Serve, company: Company) -> None:
    desk = make_desk()
    tiers = tuple(replace(tier, action="Call", sla=Sla(first_touch_business_hours=4)) for tier in desk.agreement.tiers)
    agreed = replace(desk.agreement, tiers=tiers, calendar=Calendar(time_zone="Europe/Berlin", stated=True))
    tonight = desk.nights.tonight()
    assert tonight is not None
    open_one, done = (tonight.rows.lead_id[place].as_py() for place in (0, 1))
    read, hour = NOW - timedelta(hours=7), timedelta(hours=1)
    due = round((NOW - hour).timestamp() * 1e6)
    rows = [
        {"lead_id": lead_id, "tier": "T1", "touched_us": touched, "due_us": due, "read_us": round(read.timestamp() * 1e6),
         "touches_recorded": True, "waits": False}
        for lead_id, touched in ((open_one, None), (done, due - 1))
    ]  # fmt: skip
    path = company.folder / "deadlines.parquet"
    pq.write_table(pa.Table.from_pylist(sorted(rows, key=lambda row: str(row["lead_id"])), schema=DEADLINES), path)
    company.runs[-1] = replace(company.runs[-1], deadlines=path)
    model = desk.model_of(company.runs[-1])
    desk = replace(make_desk(), agreement=agreed, model_of=lambda _: replace(model, agreement=agreed))
    browser = serve(desk)
    _, page, _ = browser.get("/")
    said = "first touch was due " + moment_in_words(due, agreed.calendar, now=NOW)
    assert page.count(said) == page.count("first touch") == 1
    assert f"; {said}" in browser.get(lead(open_one))[1]
    assert "; first touch made " in browser.get(lead(done))[1]
    without = replace(desk, agreement=replace(agreed, calendar=Calendar()))
    assert "first touch" not in serve(without).get("/")[1]
