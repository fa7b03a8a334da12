"""What a heading says of its column, judged by its words: ``Contact name`` is a person's, ``Product name`` is not.

A heading is split at blanks, marks and capitals (``emailAddress``), accents and letter case aside.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from functools import lru_cache

from leadq.crm.reading.people import heading_words as words
from leadq.crm.reading.people.word_lists import plain_word


class Says(Enum):
    """What a heading says."""

    NAME = "is named like a person's name"
    ALWAYS = "is named like personal data"
    DETAIL = "is named like contact details"
    PEOPLE = "people"
    NOTHING = ""


_PAIRS = {
    "e mail": "email", "e post": "epost", "e posta": "eposta", "first name": "firstname", "last name": "lastname", "full name": "fullname", "middle name": "middlename", "maiden name": "maidenname",
    "given name": "givenname", "family name": "familyname", "zip code": "zipcode", "date of birth": "birthdate", "day of birth": "birthdate", "phone number": "phonenumber", "ip address": "ipaddress",
    "ip adresse": "ipaddress", "code postal": "codepostal", "codigo postal": "codepostal", "codice postale": "codepostal", "kod pocztowy": "codepostal", "codice fiscale": "codicefiscale", "credit card": "creditcard",
    "user name": "username", "social security": "ssn", "national id": "ssn", "по батькові": "отчество", "data urodzenia": "urodzenia", "ad soyad": "soyad", "rodne cislo": "pesel", "card number": "cardnumber",
    "bank account": "iban", "sexual orientation": "ethnicity", "form of address": "salutation", "forma de tratamiento": "salutation", "decision maker": "decider", "שם פרטי": "firstname", "שם משפחה": "lastname",
    "steuer id": "steuerid", "geb datum": "gebdatum", "created by": "createdby", "modified by": "modifiedby", "kon nem": "gender", "ma cep": "cep",
}  # fmt: skip
_SMALL = frozenset("of the de du des del della di da do dos das van von der die das la le el il the a an du and und et y e our ihr ihre your mon votre full".split())


def words_of(heading: str) -> tuple[str, ...]:
    """Return the words of a heading, folded.

    >>> words_of("emailAddress_2"), words_of("Prénom (contact)")
    (('email', 'address'), ('prenom', 'contact'))
    """
    apart = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", unicodedata.normalize("NFKC", heading))
    found = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", apart)
    return tuple(plain_word(word) for word in found)


@lru_cache(maxsize=10_000)
def heading_says(heading: str) -> Says:
    """Return what a heading says of its column.

    >>> [heading_says(one).name for one in ("Vorname", "Product name", "Geburtsdatum", "Handy", "Ansprechpartner", "Branche")]
    ['NAME', 'NOTHING', 'ALWAYS', 'DETAIL', 'PEOPLE', 'NOTHING']
    """
    found = _joined(words_of(heading))
    bare = "".join(found)
    telling = [word for word in found if word not in _SMALL]
    if _is_name(found, telling) or bare in words.WHOLE_NAMES or any(part in bare for part in words.INSIDE_NAMES):
        return Says.NAME
    others = any(word in words.OTHERS for word in found)
    if any(part in bare for part in words.INSIDE_ALWAYS) or any(word in words.ALWAYS for word in found):
        return Says.ALWAYS
    if any(part in bare for part in words.INSIDE_DETAILS) or any(word in words.DETAILS for word in found):
        return Says.DETAIL
    people = any(part in bare for part in words.INSIDE_PEOPLE) or any(word in words.PEOPLE for word in found)
    return Says.PEOPLE if people and (not others or "owner" in found) else Says.NOTHING


def counts_something(heading: str) -> bool:
    """Whether a heading says that it counts or judges rather than holds: ``email_opens``, ``phone_verified``."""
    return any(word in words.COUNTED for word in words_of(heading))


def _joined(found: tuple[str, ...]) -> tuple[str, ...]:
    """Words of which pairs such as ``first name`` are one word."""
    line = f" {' '.join(found)} "
    for pair, one in _PAIRS.items():
        line = line.replace(f" {pair} ", f" {one} ")
    return tuple(line.split())


def _is_name(found: tuple[str, ...], telling: list[str]) -> bool:
    others = any(word in words.OTHERS for word in found)
    if any(word in words.NAMES for word in found):
        return not others or any(word in words.WHOSE for word in found)
    if not any(word in words.BARE for word in found):
        return False
    rest = [word for word in telling if word not in words.BARE]
    return not rest or (not others and any(word in words.WHOSE for word in rest))
