"""The path of rejected leads, whatever the place: rejected as a salesperson does there, read, judged, told, back once, rejected anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from leadq.pipelines.console.progress import silent
from leadq.pipelines.desk import make_desk
from leadq.pipelines.explaining.explain import explain
from leadq.serving.desk.lead_list import NOBODY, find
from leadq.serving.desk.list_query import Query
from tests.conformance.rejections.place import Begun, Held, PlaceSpec, all_places
from tests.conformance.rejections.walked import DAY, Night, prepared, with_reasons
from tests.postgres_server import Postgres
from tests.shared_company import CompanyCopy

RECORDED_DAYS = 10
"""From the first night to the end of what the company's files hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Nights by days since the first; the leads: one wakes, one is called back by its buyer, one stays, one was a mistake."""

    nights: dict[float, Night]
    wakes: str
    called: str
    stays: str
    mistaken: str
    next_owner: str

    def told(self, lead: str) -> list[str]:
        """Return what each night's score table said of a lead."""
        rows = [night.rows[lead] for night in self.nights.values()]
        return [" ".join(filter(None, [row["status"], row.get("status_reason")])) for row in rows]

    def held(self, lead: str, days: float) -> Held:
        """Return what the place held of a lead after a night."""
        return self.nights[days].held[lead]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Walk the path in every place."""
    marks = {True: pytest.mark.acceptance, False: pytest.mark.integration}
    places = [pytest.param(spec, id=spec.name, marks=marks[spec.acceptance]) for spec in all_places()]
    metafunc.parametrize("path", places, indirect=True, scope="module")


@pytest.fixture(scope="module")
def path(
    request: pytest.FixtureRequest, company_copy: CompanyCopy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    spec: PlaceSpec = request.param
    project = with_reasons(company_copy(tmp_path_factory.mktemp(spec.name) / "company"))
    begun = project.read_at - RECORDED_DAYS * DAY

    def server() -> Postgres:
        started: Postgres = request.getfixturevalue("postgres")
        return started

    with spec.open(Begun(moment=begun, project=project, postgres=server)) as place:
        walked = prepared(project, place, begun)
        wakes, called, stays, mistaken = walked.leads
        nights = {0.0: walked.night(0)}
        for lead, reason in (
            (wakes, "no_budget"),
            (called, "unreachable"),
            (stays, "outside_icp"),
            (mistaken, "outside_icp"),
        ):
            place.reject(lead, reason, begun + 0.5 * DAY)
        nights[1.0] = walked.night(1)
        walked.ask_again(called, 2)
        place.take_back(mistaken, begun + 3 * DAY)
        nights[5.0] = walked.night(5)
        place.take_back(wakes, begun + 5.4 * DAY)  # the field is emptied, so that the same reason can be given again
        for lead in (wakes, called):
            place.reject(lead, "no_budget", begun + 5.5 * DAY)
        nights[6.0] = walked.night(6)
        owner = project.agreement.tiers[-1].owner
        yield Path(nights=nights, wakes=wakes, called=called, stays=stays, mistaken=mistaken, next_owner=owner)


def test_a_rejected_lead_has_no_score_until_it_comes_back_and_a_second_rejection_begins_anew(path: Path) -> None:
    assert path.told(path.wakes) == ["scored", "rejected no_budget", "scored", "rejected no_budget"]
    assert path.told(path.called) == ["scored", "rejected unreachable", "scored", "rejected no_budget"]
    assert path.told(path.stays) == ["scored", *["rejected outside_icp"] * 3]
    assert path.told(path.mistaken) == ["scored", "rejected outside_icp", "scored", "scored"]


def test_it_comes_back_as_a_new_entry_once(path: Path) -> None:
    first, back, again = (path.nights[days].rows for days in (1.0, 5.0, 6.0))
    assert first[path.wakes]["wakes_at"] == first[path.wakes]["rejected_at"] + 3 * DAY
    assert back[path.wakes]["returned_at"] == first[path.wakes]["wakes_at"]
    assert back[path.wakes]["age_days"] == pytest.approx(1.5, abs=0.01)
    assert first[path.called]["wakes_at"] is None
    assert first[path.called]["rejected_at"] < back[path.called]["returned_at"] <= back[path.called]["as_of"]
    assert back[path.mistaken].get("returned_at") is None  # what was taken back is no entry
    for lead in (path.wakes, path.called):
        assert again[lead]["rejected_at"] > back[lead]["returned_at"]
        assert again[lead]["wakes_at"] == again[lead]["rejected_at"] + 3 * DAY
        assert again[lead]["returned_at"] is None


def test_the_place_is_told_track_next_owner_and_moments(path: Path) -> None:
    scored, asleep, back = (path.held(path.wakes, days) for days in (0.0, 1.0, 5.0))
    assert (scored["Status"], back["Status"]) == ("scored", "scored")
    assert None not in {scored["Tier"], scored["Score"], back["Tier"], back["Score"]}
    wakes_at = f"{path.nights[1.0].rows[path.wakes]['wakes_at']:%Y-%m-%dT%H:%M:%SZ}"
    assert asleep == {
        "Score": None, "Tier": None, "Status": "rejected: no_budget", "Track": "nurture", "Next_Owner": path.next_owner,
        "Wakes_At": wakes_at, "Returned_At": None,
    }  # fmt: skip
    assert (back["Track"], back["Next_Owner"], back["Wakes_At"], back["Returned_At"]) == (None, None, None, wakes_at)
    stays, mistaken, called = (path.held(lead, 6.0) for lead in (path.stays, path.mistaken, path.called))
    assert (stays["Status"], stays["Track"]) == ("rejected: outside_icp", "close")
    assert (mistaken["Status"], mistaken["Track"], mistaken["Returned_At"]) == ("scored", None, None)
    assert (called["Status"], called["Returned_At"]) == ("rejected: no_budget", None)


def test_the_rejection_is_held_against_the_record(path: Path) -> None:
    assert path.nights[1.0].against["unreachable"] == path.nights[0.0].against.get("unreachable", 0) + 1


def test_the_desk_and_explain_say_what_happened(path: Path) -> None:
    project = path.nights[6.0].project
    desk = make_desk(project, environment={}, local_name="Ann", clock=lambda: project.read_at)
    tonight = desk.nights.tonight()
    assert tonight is not None
    listed = {
        kind: {tonight.rows.lead_id[int(row)].as_py() for row in find(
            tonight.rows, query, answered=NOBODY, now_us=desk.now_us()).rows}
        for kind, query in {"wakes": Query(list="wakes"), "all": Query()}.items()
    }  # fmt: skip
    assert {path.wakes, path.called} <= listed["wakes"]
    assert not {path.wakes, path.called, path.stays} & listed["all"]
    assert path.mistaken in listed["all"]
    words = explain(project, silent, lead_id=path.called)
    assert words.facts["status"] == "rejected"
    assert "Rejected: no budget" in words.words
