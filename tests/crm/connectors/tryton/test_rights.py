"""Who may do what on a real server: a user without a company, choices that were switched off, people's own fields, setup again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leadq.crm.connectors.connector import column_name
from leadq.crm.connectors.tryton.opening import open_history, open_target
from leadq.crm.connectors.tryton.settings import ToTryton
from leadq.foundation.problems import GateStopped, LeadqError
from leadq.serving.delivery.planning.payload import our_fields
from tests.tryton_server import DATABASE, ENVIRONMENT, LEADQ, MODULE, PASSWORDS, REP, TIERS, Tryton

pytestmark = pytest.mark.integration

FIELDS = our_fields(column_name, TIERS)
BY_HAND, ELSEWHERE = "byhand", "elsewhere"
_PASSWORD = "by-hand-Passw0rd-4"


def to(tryton: Tryton, user: str) -> ToTryton:
    return ToTryton(kind="tryton", address=tryton.address, database=DATABASE, user=user, password="${P}")


def extract(tryton: Tryton, user: str, folder: Path) -> dict[str, int]:
    source = open_history(to(tryton, user), {"P": PASSWORDS.get(user, _PASSWORD)})
    return dict(source.extract(folder, whole=False, progress=lambda words: None).rows)


@pytest.fixture(scope="module")
def users(tryton: Tryton) -> Tryton:
    """Users of the group leadq: one made by hand without a company, one of a company that has no leads."""
    admin = tryton.rpc("admin")
    (group,) = admin("res.group.search", [["name", "=", "leadq"]], 0, None, None)
    (party,) = admin("party.party.create", [{"name": "Elsewhere"}])
    (company,) = admin("company.company.create", [{"party": party, "currency": 1}])
    usual = {"password": _PASSWORD, "groups": [["add", [group]]]}
    admin("res.user.create", [{"name": BY_HAND, "login": BY_HAND, **usual}])
    of_company = {"companies": [["add", [company]]], "company": company}
    admin("res.user.create", [{"name": ELSEWHERE, "login": ELSEWHERE, **usual, **of_company}])
    return tryton


@pytest.mark.parametrize(("user", "words"), [(BY_HAND, "belongs to no company"), (ELSEWHERE, "must have leads")])
def test_who_sees_no_lead_replaces_no_extract(users: Tryton, tmp_path: Path, user: str, words: str) -> None:
    users.rpc(REP).leads(1)
    folder = tmp_path / "extract"
    assert extract(users, LEADQ, folder)["leads"] >= 1
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(LeadqError, match=words):
        extract(users, user, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_user_without_a_company_is_told_before_anything_is_written(users: Tryton) -> None:
    target = open_target("crm", to(users, BY_HAND), {"P": _PASSWORD})
    with pytest.raises(GateStopped, match="belongs to no company"):
        target.check(FIELDS)


def test_leadq_may_write_no_field_of_people(tryton: Tryton) -> None:
    (lead,) = tryton.rpc(REP).leads(1)
    party = tryton.rpc(REP).read([lead], ["party"])[lead]["party"]
    ours = tryton.rpc(LEADQ)
    for name, value in {"comment": "x", "conversion_probability": 0.1, "employee": None, "party": party}.items():
        with pytest.raises(RuntimeError, match="not allowed to access"):
            ours("sale.opportunity.write", [lead], {name: value})
    ours("sale.opportunity.write", [lead], {"lq_score": 3})
    tryton.rpc(REP)("sale.opportunity.write", [lead], {"comment": "A person's", "employee": None})


@pytest.fixture
def without_t3(tryton: Tryton) -> Iterator[Tryton]:
    admin = tryton.rpc("admin")
    (choice,) = admin("leadq.choice.search", [["kind", "=", "tier"], ["code", "=", "T3"]], 0, None, None)
    admin("leadq.choice.write", [choice], {"active": False})
    yield tryton
    admin("leadq.choice.write", [choice], {"active": True})


def test_a_choice_that_was_switched_off_is_not_offered_and_stays_where_it_stands(tryton: Tryton, request: Any) -> None:
    rep = tryton.rpc(REP)
    (lead,) = rep.leads(1)
    rep("sale.opportunity.write", [lead], {"lq_tier_override": "T3"})
    request.getfixturevalue("without_t3")
    offered = {code for code, _ in rep("sale.opportunity.get_tiers", {})}
    assert offered >= {None, "T1", "T2"}
    assert "T3" not in offered
    held = {code for code, _ in rep("sale.opportunity.get_tiers_of_person", {"lq_tier_override": "T3"})}
    assert held == offered | {"T3"}
    rep("sale.opportunity.write", [lead], {"comment": "x", "lq_tier_override": "T3"})
    with pytest.raises(GateStopped, match="must offer the choice, got T3"):
        open_target("crm", to(tryton, LEADQ), {"P": PASSWORDS[LEADQ]}).check(FIELDS)


def _set_up(tryton: Tryton, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "TRYTON", "LEADQ", "REP_"))
    }
    command = [str(ENVIRONMENT / "bin" / "python"), str(MODULE / "setup_server.py"), "-d", DATABASE]
    users = ["-c", str(tryton.folder / "trytond.conf"), "--leadq-user", LEADQ, "--rep", REP]
    told = {**kept, "PYTHONPATH": str(tryton.folder / "modules"), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    return subprocess.run(
        [*command, *users, "--tier", "T3", "--tier", "T5"], env=told, capture_output=True, text=True, check=False
    )


def test_setup_once_more_changes_no_password_and_no_choice(without_t3: Tryton) -> None:
    done = _set_up(without_t3, {"LEADQ_TRYTON_PASSWORD": "another-Passw0rd-8", "REP_TRYTON_PASSWORD": "yet-another-9"})
    assert done.returncode == 0, done.stderr[-2000:]
    choices = dict(without_t3.asked("SELECT code, active FROM leadq_choice WHERE kind = 'tier'"))
    assert choices["T3"] == 0
    assert choices["T5"] == 1
    without_t3.sessions.pop(REP, None)
    without_t3.rpc(REP)  # signs in with the password of the first setup


def test_setup_without_a_password_makes_nothing(tryton: Tryton) -> None:
    done = _set_up(tryton, {"LEADQ_TRYTON_PASSWORD": "one-Passw0rd-8"})
    assert done.returncode == 1
    assert done.stderr.strip().endswith("put a password for new users into REP_TRYTON_PASSWORD.")
