"""The ``desk`` section of ``leadq.yaml``: where the desk listens, who may come in, and whose leads they see.

A token is named here and never written here: it comes from the environment and is only looked up when the desk starts
(:meth:`DeskSettings.with_tokens`), so that a nightly run needs no token. Leaves out signing in (``serving/desk``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from leadq.crm.storage.source_locations import Part
from leadq.foundation.problems import ConfigError, Problem

LEAST_TOKEN = 20
"""Shortest token, in characters."""
_REFERENCE = re.compile(r"\$\{(\w+)\}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_NARROWEST = 8
"""A network of trusted proxies has at least this prefix."""
_HEADER = re.compile(r"[A-Za-z0-9-]+")

Network = IPv4Network | IPv6Network
Role = Literal["reader", "answerer"]


def _reference(text: object) -> str:
    if not isinstance(text, str) or not _REFERENCE.fullmatch(text):
        raise ValueError(
            "must come from the environment, as ${DESK_TOKEN_NAME}; a token must never be written in a file"
        )
    return text


def _host(text: str) -> str:
    try:
        ip_address(text)
    except ValueError:
        if not _HOST.fullmatch(text):
            raise ValueError("must be a host name or an address, without http:// and without a port") from None
    return text


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError("must be the name of a header, such as X-Forwarded-User")
    return text


def _network(text: object) -> Network:
    try:
        network = ip_network(str(text))
    except ValueError:
        raise ValueError("must be an address or a network, such as 10.0.0.7 or 10.0.0.0/24") from None
    if network.prefixlen < _NARROWEST:
        raise ValueError("trusts so many addresses that anybody could sign in under any name")
    return network


def _lead_url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc or re.search(r"\s", text):
        raise ValueError("must be a web address that begins with http or https, without user and password")
    inside = text.replace("{lead_id}", "", 1)
    if inside == text or re.search(r"[{}]", inside) or "{" in parts.netloc:
        raise ValueError("must hold {lead_id} exactly once, behind the host: https://crm.example/leads/{lead_id}")
    return text


def _name(text: str) -> str:
    if not text.strip() or text != text.strip() or not text.isprintable():
        raise ValueError("must be a name, without spaces around it")
    return text


class Person(Part):
    """Who may come in: a reader looks, an answerer also accepts, rejects and disagrees.

    ``owner`` is the person's name in ``leads.owner``; ``token`` names the variable that holds the token. ``side`` says for whom an
    answerer speaks in challenges: one of marketing does not answer leads; without it for both sides.
    """

    name: Annotated[str, AfterValidator(_name)]
    role: Role
    owner: str | None = None
    see_all: bool = False
    side: Literal["marketing", "sales"] | None = None
    token: Annotated[str, BeforeValidator(_reference)] | None = None


class Proxy(Part):
    """A proxy that has signed the person in already: requests from ``trusted`` carry the name in ``user_header``."""

    user_header: Annotated[str, AfterValidator(_header)] = "X-Forwarded-User"
    trusted: tuple[Annotated[Network, BeforeValidator(_network)], ...] = Field(min_length=1)

    def trusts(self, address: str) -> bool:
        """Whether requests from ``address`` (an IP) carry a name that can be believed."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.trusted)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWithToken:
    """A person and the token that lets this person in."""

    person: Person
    token: SecretStr


class DeskSettings(Part):
    """The ``desk`` section; without people the desk is open, and then only to this machine."""

    host: Annotated[str, AfterValidator(_host)] = "127.0.0.1"
    port: int = Field(default=8710, ge=1, le=65535)
    lead_url: Annotated[str, AfterValidator(_lead_url)] | None = None
    own_rows_only: bool = False
    sign_in_hours: int = Field(default=12, ge=1, le=24 * 30)
    people: tuple[Person, ...] = ()
    proxy: Proxy | None = None
    allowed_hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"

    @model_validator(mode="after")
    def _closed_to_strangers(self) -> DeskSettings:
        if faults := tuple(self._faults()):
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        if not self.loopback and not self.people:
            yield (
                f"host {self.host} can be reached from other machines, so people must list who may sign in, "
                "with tokens or through a proxy; or leave host at 127.0.0.1"
            )
        names = [person.name for person in self.people]
        if twice := sorted(name for name, times in Counter(names).items() if times > 1):
            yield f"each name in people must appear only once, but {', '.join(twice)} appears twice"
        if self.proxy is not None and not self.people:
            yield "proxy needs people: the names that its header may carry"
        locked_out = [person.name for person in self.people if person.token is None]
        if self.proxy is None and locked_out:
            yield f"without a proxy everyone in people needs a token, but {', '.join(locked_out)} has none"
        blind = [person.name for person in self.people if person.owner is None and not person.see_all]
        if self.own_rows_only and (blind or not self.people):
            yield (
                "own_rows_only needs people, each with owner or with see_all: true"
                + (f", which {', '.join(blind)} lacks" if blind else "")
            )  # fmt: skip

    def with_tokens(self, environment: Mapping[str, str]) -> tuple[PersonWithToken, ...]:
        """Return everybody who has a token, with it; people who only come through the proxy are left out.

        Raises
        ------
        ConfigError
            Tokens that are not set, too short, or shared by two people: all at once, none of them shown.
        """
        found: list[PersonWithToken] = []
        problems: list[Problem] = []
        for person in self.people:
            reference = _REFERENCE.fullmatch(person.token or "")
            if reference is None:
                continue
            token = environment.get(reference[1], "").strip()
            rule = ""
            if len(token) < LEAST_TOKEN:
                rule = f"must be a token of at least {LEAST_TOKEN} characters" if token else "must be set"
            elif any(token == other.token.get_secret_value() for other in found):
                rule = "must be a token that only this person has"
            if rule:
                problems.append(
                    Problem(
                        where=f"leadq.yaml desk.people {person.name}, variable {reference[1]}",
                        rule=rule,
                        remedy=f"Set it: export {reference[1]}=$(openssl rand -hex 20), and give it to this person only.",
                    )
                )
            found.append(PersonWithToken(person=person, token=SecretStr(token)))
        if problems:
            raise ConfigError(problems)
        return tuple(found)
