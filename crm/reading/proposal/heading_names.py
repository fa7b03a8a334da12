"""What a column is by its heading, in the languages of CRMs' exports and by the names of their interfaces.

The names stand in ``heading_names.toml``. Whether the values fit is decided by the caller.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files

from leadq.crm.reading.values.words.folded_words import folded, unaccented

NOT_FOUND = 10_000
"""Rank of a heading that a name does not fit."""
_OBJECTS = (
    "properties|attributes|fields|do not modify|nicht (?:an|aen)dern|ne pas modifier|no modificar|non modificare|nao modificar"
    "|niet wijzigen|nie modyfikowac|nie modyfikuj|record|deals?|leads?|opportunit(?:y|ies)|opp|crm|case|contact|person"
    "|verkaufschance|chance|transaction|opportunite|affaire|piste|negocio|oportunidad|trattativa|opportunita|oportunidade"
    "|trato|negocios?|geschaft|deal|kans|affar|salgsmulighed|szansa|prilezitost|сделка|сделки|лид|лида|商談|案件|リード"
)
_BEFORE = re.compile(rf"^(?:{_OBJECTS}) (?=\S)")
_NO_OUTCOME = re.compile(
    r"news ?letter|opt(?:ed)? ?(?:in|out)|consent|subscri|unsubscri|gdpr|dsgvo|rgpd|lgpd|do not (?:call|mail|email|contact)|permission"
    r"|marketing|accepte|einwilligung|zustimmung|werbung|abonn|suscri|bolet[io]n|iscri|consenso|consentim|inscri|aceita|acepta"
    r"|toestemming|nieuwsbrief|nyhetsbrev|nyhedsbrev|samtyck|samtykk|uutiskirje|suostumus|zgoda|souhlas|suhlas|hirlevel|hozzajarul"
    r"|acord|abonat|bulten|onay|izin|рассыл|согласи|подписк|розсил|згод|メルマガ|配信|同意|订阅|訂閱|수신|동의|뉴스레터"
    r"|active|aktiv|actif|activo|attivo|ativo|enabled|deleted|gelosch|archived|verified|bounced|has |test|duplicate|vip|priority"
    r"|existing|returning|partner|reachable|callback|terms|privacy|policy|do not|e ?mails?\b|phone|sms|whatsapp"
)

_ID = re.compile(
    r"(?:nummer|number|numero|numer|cislo|\b(?:id|nr|no|num|ref|key)|guid|uuid|номер|код|ид|番号|編号|编号|번호)$"
    r"|^(?:n|no|nr|num|numero|numer|номер) (?!of |de jours)"
)
_OTHER_ID = re.compile(
    r"tel|phone|mobil|handy|fax|kund|custom|client|account|konto|compan|firm|organ|contact|kontakt|invoice|rechn|factu|post|zip|plz"
    r"|haus|house|vat|tax|steuer|iban|card|owner|campaign|user|product|клиент|телефон|電話|電话|顧客|客户|전화|고객"
)
"""Numbers of people, accounts and things beside the record."""


@lru_cache(maxsize=10_000)
def plain_heading(heading: str) -> str:
    """Return a heading as it is compared: words apart, without accents, case and punctuation.

    >>> plain_heading("CreatedDate"), plain_heading("Deal - Won time"), plain_heading("(Do Not Modify) Lead")
    ('created date', 'deal won time', 'do not modify lead')
    """
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", heading)
    return unaccented(folded(re.sub(r"[|#°º]", " ", apart)))


@lru_cache(maxsize=20_000)
def rank(contract: str, heading: str) -> int:
    """Return how well ``heading`` names the column ``contract``: 0 is best, :data:`NOT_FOUND` not at all.

    >>> rank("created_at", "Created Date") < rank("created_at", "Start date") < rank("created_at", "Visits")
    True
    """
    names = _names()[contract]
    plain, before = plain_heading(heading), 0
    while plain:
        for form in (plain, plain.replace(" ", "")):
            if form in names:
                return names[form] + 500 * before
        shorter = plain if contract == "title" else _BEFORE.sub("", plain)  # a deal's title is its name
        if shorter == plain:
            return NOT_FOUND
        plain, before = shorter, before + 1
    return NOT_FOUND


def is_called(contract: str, heading: str) -> bool:
    """Whether ``heading`` is a name of the column ``contract``."""
    return rank(contract, heading) < NOT_FOUND


def is_no_outcome(heading: str) -> bool:
    """Whether a heading says consent, subscription or the state of a record, which are never an outcome.

    >>> is_no_outcome("Accepte les e-mails"), is_no_outcome("opted_in"), is_no_outcome("Is Won")
    (True, True, False)
    """
    return _NO_OUTCOME.search(plain_heading(heading)) is not None


def may_be_an_id(heading: str) -> bool:
    """Whether a heading begins or ends as the names of ids do and names nobody's number but the record's.

    >>> may_be_an_id("Dealnummer"), may_be_an_id("N° affaire"), may_be_an_id("Telefonnummer"), may_be_an_id("No. of visits")
    (True, True, False, False)
    """
    plain = plain_heading(heading)
    return _ID.search(plain) is not None and _OTHER_ID.search(plain) is None


@lru_cache(maxsize=1)
def _names() -> dict[str, dict[str, int]]:
    document = tomllib.loads(files(__package__).joinpath("heading_names.toml").read_text(encoding="utf-8"))
    return {contract: _placed(list(languages.values())) for contract, languages in document.items()}


def _placed(languages: list[list[str]]) -> dict[str, int]:
    """Name to its place in its language's list; a name without its blanks is one too."""
    found: dict[str, int] = {}
    for names in languages:
        for place, one in enumerate(names):
            plain = unaccented(folded(one))
            for form in (plain, plain.replace(" ", "")):
                found[form] = min(place, found.get(form, NOT_FOUND))
    return found
