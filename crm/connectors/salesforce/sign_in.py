"""Signing in to Salesforce by client credentials, through simple-salesforce.

It has no time limit of its own, so the session it is given sets one. Leaves out calls and
trying again (``connection.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import requests

from leadq.crm.connectors.salesforce.errors import UnansweredError, shown
from leadq.foundation.installed.extras import install_words
from leadq.foundation.problems import ConfigError, Problem

try:
    from simple_salesforce.api import Salesforce
    from simple_salesforce.exceptions import SalesforceAuthenticationFailed
except ImportError:  # it comes with the extra
    _INSTALLED = False
else:
    _INSTALLED = True

_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_TEMPORARY = frozenset({"server_error", "temporarily_unavailable", "unknown_error"})
_DAMAGED = (requests.RequestException, ValueError, KeyError, TypeError, AttributeError)
"""What simple-salesforce raises where the answer is not what it expects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Who we are to Salesforce.

    Parameters
    ----------
    domain : str
        Of the organisation, without the part that all share: ``acme.my``.
    consumer_key, consumer_secret : str
        Of the external client app; never shown.
    version : str
        Of the API.
    """

    domain: str
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    version: str = "62.0"

    def __post_init__(self) -> None:
        """Refuse a domain that would send the secret elsewhere, and what is no version."""
        if not re.fullmatch(r"\d{2,3}\.0", self.version):
            remedy = "Write it as Salesforce does: 62.0."
            raise ConfigError(
                Problem(where="salesforce version", rule="must be one", value=shown(self.version), remedy=remedy)
            )
        if not _DOMAIN.fullmatch(self.domain) or self.domain in ("login", "test"):
            rule = "must be the organisation's own My Domain, letters, digits, hyphens and dots"
            remedy = "Write it as Setup > My Domain shows it, without the part after .my."
            raise ConfigError(Problem(where="salesforce domain", rule=rule, value=shown(self.domain), remedy=remedy))


def signed_in(who: SignIn, *, http: requests.Session) -> Salesforce:
    """Return a client of simple-salesforce that holds a fresh token.

    Raises
    ------
    ConfigError
        The extra is not installed, or Salesforce does not let us in.
    UnansweredError
        It cannot be reached.
    """
    if not _INSTALLED:
        raise ConfigError(
            Problem(where="salesforce", rule="needs the extra salesforce of leadq", remedy=install_words("salesforce"))
        )
    where = f"sign-in to {who.domain}"
    try:
        return Salesforce(
            consumer_key=who.consumer_key,
            consumer_secret=who.consumer_secret,
            domain=who.domain,
            version=who.version,
            session=http,
        )
    except SalesforceAuthenticationFailed as error:
        code, text = shown(error.code), shown(error.message)
        value = _without(f"{code} {text}", who)
    except _DAMAGED as error:
        remedy = "Nothing was sent. Run again later."
        problem = Problem(where=where, rule="must be answered", value=type(error).__name__, remedy=remedy)
        raise UnansweredError(problem) from None
    problem = Problem(
        where=where,
        rule="must be granted",
        value=value,
        remedy="Check the consumer key and secret, and that the app allows the client credentials flow with a run-as user.",
    )
    # it gives the status where the answer was a page of HTML
    if code in _TEMPORARY or code.isdecimal():
        raise UnansweredError(problem)
    raise ConfigError(problem)


def _without(text: str, who: SignIn) -> str:
    for hidden in (who.consumer_secret, who.consumer_key):
        text = text.replace(hidden, "***")
    return text
