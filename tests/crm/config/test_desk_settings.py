from __future__ import annotations

import re
from pathlib import Path

import pytest

from leadq.crm.config.desk_settings import LEAST_TOKEN
from leadq.crm.config.leadq_yaml import Config, read_config
from leadq.foundation.problems import ConfigError

SOURCES = "flat: {path: a, outcome: y, won: a, lost: b}\n"
WHOLE = """desk:
  host: 0.0.0.0
  port: 9000
  lead_url: "https://crm.example/leads/{lead_id}?tab=1"
  own_rows_only: true
  sign_in_hours: 8
  people:
    - {name: Ann, role: answerer, owner: ann.smith, token: "${DESK_TOKEN_ANN}"}
    - {name: Boss, role: reader, see_all: true}
  proxy: {user_header: X-Forwarded-User, trusted: [10.0.0.7, 192.168.0.0/16]}
  allowed_hosts: [desk.example]
"""
GOOD_TOKEN = "t" * LEAST_TOKEN


def _read(tmp_path: Path, desk: str) -> Config:
    (tmp_path / "leadq.yaml").write_text(SOURCES + desk)
    return read_config(tmp_path / "leadq.yaml", environment={})


def _problems(tmp_path: Path, desk: str) -> str:
    with pytest.raises(ConfigError) as stopped:
        _read(tmp_path, desk)
    return str(stopped.value)


def test_left_out_the_desk_is_open_to_this_machine_only(tmp_path: Path) -> None:
    desk = _read(tmp_path, "").desk
    assert (desk.host, desk.port, desk.loopback, desk.people, desk.sign_in_hours) == ("127.0.0.1", 8710, True, (), 12)
    assert desk.with_tokens({}) == ()


def test_the_whole_section(tmp_path: Path) -> None:
    desk = _read(tmp_path, WHOLE).desk
    assert not desk.loopback
    assert [(person.name, person.role, person.owner, person.see_all) for person in desk.people] == [
        ("Ann", "answerer", "ann.smith", False),
        ("Boss", "reader", None, True),
    ]
    assert desk.proxy is not None
    trusted = ("10.0.0.7", "192.168.3.4", "10.0.0.8", "nonsense")
    assert [desk.proxy.trusts(address) for address in trusted] == [True, True, False, False]


def test_a_token_is_looked_up_only_when_the_desk_starts_and_never_shown(tmp_path: Path) -> None:
    desk = _read(tmp_path, WHOLE).desk
    (ann,) = desk.with_tokens({"DESK_TOKEN_ANN": f" {GOOD_TOKEN}\n"})
    assert ann.token.get_secret_value() == GOOD_TOKEN
    assert GOOD_TOKEN not in repr(ann)
    with pytest.raises(ConfigError, match="DESK_TOKEN_ANN: must be set"):
        desk.with_tokens({})
    with pytest.raises(ConfigError, match="at least 20 characters") as short:
        desk.with_tokens({"DESK_TOKEN_ANN": "hunter2"})
    assert "hunter2" not in str(short.value)


def test_two_people_cannot_share_a_token(tmp_path: Path) -> None:
    people = """desk: {people: [{name: A, role: reader, token: "${A}"}, {name: B, role: answerer, token: "${B}"}]}\n"""
    desk = _read(tmp_path, people).desk
    with pytest.raises(ConfigError, match=r"people B.*only this person has"):
        desk.with_tokens({"A": GOOD_TOKEN, "B": GOOD_TOKEN})
    assert len(desk.with_tokens({"A": GOOD_TOKEN, "B": "u" * 30})) == 2


@pytest.mark.parametrize(
    ("desk", "expected"),
    [
        ("host: 0.0.0.0", "host 0.0.0.0 can be reached from other machines, so people must list who may sign in"),
        ("host: '::'", "can be reached from other machines"),
        ("host: http://desk.example", "host name or an address"),
        ("port: 70000", "desk.port"),
        ("lead_url: 'javascript:alert({lead_id})'", "must be a web address"),
        ("lead_url: 'https://crm.example/leads'", "{lead_id} exactly once"),
        ("lead_url: 'https://crm.example/{lead_id}/{lead_id}'", "{lead_id} exactly once"),
        ("lead_url: 'https://crm.example{lead_id}/'", "{lead_id} exactly once"),
        ("people: [{name: Ann, role: boss, token: '${A}'}]", "desk.people.0.role"),
        ("people: [{name: Ann, role: reader}]", "everyone in people needs a token, but Ann has none"),
        ("people: [{name: A, role: reader, token: '${A}'}, {name: A, role: reader, token: '${B}'}]", "A appears twice"),
        ("proxy: {trusted: [10.0.0.7]}", "proxy needs people"),
        ("people: [{name: A, role: reader}]\n  proxy: {trusted: []}", "desk.proxy.trusted"),
        ("people: [{name: A, role: reader}]\n  proxy: {trusted: [0.0.0.0/0]}", "trusts so many addresses"),
        ("people: [{name: A, role: reader}]\n  proxy: {trusted: [proxy.example]}", "address or a network"),
        ("own_rows_only: true", "own_rows_only needs people"),
        ("own_rows_only: true\n  people: [{name: A, role: reader, token: '${A}'}]", "see_all: true, which A lacks"),
        ("peple: []", "Did you mean people?"),
    ],
)
def test_what_the_section_refuses(tmp_path: Path, desk: str, expected: str) -> None:
    told = _problems(tmp_path, f"desk:\n  {desk}\n")
    assert expected in told
    assert "leadq.yaml line" in told


@pytest.mark.parametrize(
    "people",
    [
        "[{name: Ann, role: answerer, token: open-sesame-open-sesame}]",
        "[{name: Ann, role: answerer, token: '${A:-open-sesame-open-sesame}'}]",
        "[{name: Ann, role: answerer, tokn: open-sesame-open-sesame}]",
        "[open-sesame-open-sesame]",
        "open-sesame-open-sesame",
        "{Ann: open-sesame-open-sesame}",
    ],
)
def test_a_token_in_the_file_is_refused_and_not_shown(tmp_path: Path, people: str) -> None:
    assert "open-sesame" not in _problems(tmp_path, f"desk: {{people: {people}}}\n")


def test_the_desk_of_the_template_is_valid(tmp_path: Path) -> None:
    template = (Path(__file__).parents[3] / "crm" / "config" / "templates" / "leadq.yaml").read_text()
    section = template[template.index("# desk:") : template.index("\n\n# Instead of sources")]
    desk = _read(tmp_path, re.sub(r"(?m)^# ", "", section) + "\n").desk
    assert [(person.name, person.token) for person in desk.people] == [
        ("Ann", "${DESK_TOKEN_ANN}"),
        ("Bob", "${DESK_TOKEN_BOB}"),
    ]
    assert (desk.host, desk.lead_url) == ("127.0.0.1", "https://crm.example/leads/{lead_id}")
