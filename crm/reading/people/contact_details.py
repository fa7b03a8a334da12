"""Contact details inside a text, as SQL: e-mail addresses, phone numbers, bank and card numbers, numbers of a person, IP addresses.

Each is blanked by a word that says what stood there (``[e-mail]``). A text that is a number alone is never touched, nor is a date:
phone numbers are known by ``+``, ``00``, an area code apart, or a word such as ``tel`` before them.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadq.crm.storage.scratch_database import Relation, first_row, name, text

_EMAIL = (
    r"[\p{L}\p{N}_.+%'-]+\s?(?:[@＠]|\s?[\[(]\s?(?:at|AT|@)\s?[\])]\s?)\s?[\p{L}\p{N}_-]+"
    r"(?:(?:\.|\s?[\[(](?:dot|DOT)[\])]\s?)[\p{L}\p{N}_-]+)+"
)
_BANKS = (
    "AD|AE|AL|AT|AZ|BA|BE|BG|BH|BR|CH|CR|CY|CZ|DE|DK|DO|EE|ES|FI|FO|FR|GB|GE|GI|GR|HR|HU|IE|IL|IS|IT|JO|KW|KZ|LB|LI|LT|LU|LV|MC|MD|ME"
    "|MK|MT|MU|NL|NO|PK|PL|PS|PT|QA|RO|RS|SA|SE|SI|SK|SM|TN|TR|UA|VG|XK"
)
_IBAN = rf"\b(?:{_BANKS})\d{{2}}(?:[ -]?[A-Z0-9]{{4}}){{2,7}}(?:[ -]?[A-Z0-9]{{3,4}}|[ -]?[A-Z0-9]{{1,2}})\b"
_CARD = r"\b(?:3[47]\d{2}[ -]\d{6}[ -]\d{5}|(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6\d{3})[ -]\d{4}[ -]\d{4}[ -]\d{4})\b"
_CARD_IN_ONE = r"\b(?:3[47]\d{13}|(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6\d{3})\d{12})\b"
_PERSON = (
    r"\b(?:\d{3}-\d{2}-\d{4}|\d{3}\.\d{3}\.\d{3}-\d{2}|[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"
    r"|[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} \d{3} ?\d{3} ?\d{2}|[A-CEGHJ-PR-TW-Z][A-Z] \d{2} \d{2} \d{2} [A-D]"
    r"|\d{2} \d{6} [A-Z] \d{3}|\d{3}-\d{3}-\d{3} \d{2})\b"
)
_BYTE, _LONG_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)", r"(?:25[0-5]|2[0-4]\d|1\d\d)"
_FOUR_BYTES = "|".join(r"\.".join(_LONG_BYTE if place == long else _BYTE for place in range(4)) for long in range(4))
"""One number of three digits at least: 1.2.3.4 is a version."""
_IP = (
    rf"\b(?:{_FOUR_BYTES})\b|\b(?:[0-9A-Fa-f]{{1,4}}:){{7}}[0-9A-Fa-f]{{1,4}}\b"
    r"|\b(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){2,6}\b"
)
_SAID = (
    r"(?i:\b(?:tel(?:efon|ephone|efono|efoon|\.)?|phone|mob(?:il|ile|iel)?|handy|fon|fax|gsm|whatsapp)\b"
    r"[.:]?(?: ?(?:nr|no|number|nummer)\b)?[.:]? ?)\+?\(?\d{2,5}\)?[ /-]?\d{3}(?:[ /-]?\d)+"
)
PHONE = (
    r"\+\s?[1-9](?:[ ()/.\-\x{2010}-\x{2013}]{0,3}\d){8,14}"
    r"|\b00[1-9](?:[ ()/.\-]{0,3}\d){8,13}"
    r"|\(0[1-9]\d{0,4}\)[ /-]?\d(?:[ /-]?\d){4,9}"
    r"|\([2-9]\d{2}\)[ -]?[2-9]\d{2}[-. ]\d{4}\b"
    r"|\(\d{2}\) ?9?\d{4}-\d{4}\b"
    r"|\b0[1-9]\d{1,4}(?:[ /]|[ /-]{1,3})\d(?:[ -]?\d){5,9}\b"
    r"|\b0[1-9](?:[ .-]\d\d){4}\b"
    r"|\b(?:1[-. ])?[2-9]\d{2}[-. ][2-9]\d{2}[-. ]\d{4}\b"
)
"""A phone number by its form."""
_CONTIGUOUS = r"\b0[1-9]\d{8,11}\b"
"""A national number without a blank: only beside words."""
_SUSPECT = (
    r"@|＠|(?:\d[ ()/.:\-\x{2010}-\x{2013}]{0,3}){8}\d|\d\.\d{1,3}\.\d{1,3}\.\d|[\[(]\s?(?:at|AT)\s?[\])]"
    r"|[A-Z]{2}\d{2}[ -]?[A-Z0-9]{4}|[A-Z]{6}\d{2}|[0-9A-Fa-f]:(?::|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:)[0-9A-Fa-f]"
    r"|[A-Z] \d{2} \d{2} \d{2} [A-D]|(?i:tel|phone|mob|handy|fon|fax|gsm|whatsapp).{0,12}\d{3}"
)
"""What every text with a contact detail holds: a quick look before the careful one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """How many rows of a text column hold a contact detail, of how many filled ones."""

    rows: int
    filled: int

    @property
    def share(self) -> float:
        """Rows that hold one a filled row, in [0, 1]."""
        return self.rows / self.filled if self.filled else 0.0


def blanked(expression: str) -> str:
    """Return the SQL expression of a text whose contact details are blanked; most texts cost it one quick look."""
    in_groups = _without_cards(expression, _CARD)
    beside_words = _replaced(
        _without_details(_without_cards(expression, rf"{_CARD}|{_CARD_IN_ONE}")), _CONTIGUOUS, "[phone]"
    )
    worded = f"regexp_matches({expression}, '\\p{{L}}')"
    return (
        f"(CASE WHEN NOT {_suspect(expression)} THEN {expression} WHEN {worded} THEN {beside_words} "
        f"ELSE {_without_details(in_groups)} END)"
    )


def _without_details(expression: str) -> str:
    told = ((_EMAIL, "[e-mail]"), (_IBAN, "[account]"), (_PERSON, "[id]"), (_IP, "[ip]"), (_SAID, "[phone]"))
    for pattern, word in (*told, (PHONE, "[phone]")):
        expression = _replaced(expression, pattern, word)
    return expression


def _replaced(expression: str, pattern: str, word: str) -> str:
    return f"regexp_replace({expression}, {text(pattern)}, {text(word)}, 'g')"


def look_inside(rows: Relation, column: str, *, times: str = "") -> Inside:
    """Count the rows of ``column`` that hold a contact detail; of texts that may, each distinct one is looked at once.

    ``times`` names the column that says how often a row stands for, where ``rows`` are distinct texts already.
    """
    given, weight = name(column), f"sum({name(times)})" if times else "count(*)"
    counted = f"coalesce({weight} FILTER ({given} IS NOT NULL), 0), coalesce({weight} FILTER ({_suspect(given)}), 0)"
    filled, suspected = (int(value) for value in first_row(rows.aggregate(counted)))
    if not suspected:
        return Inside(rows=0, filled=filled)
    distinct = rows.filter(_suspect(given)).aggregate(f"{given} AS given, {weight} AS times")
    (held,) = first_row(distinct.aggregate(f"sum(times) FILTER ({blanked('given')} <> given)"))
    return Inside(rows=int(held or 0), filled=filled)


def _suspect(expression: str) -> str:
    """Digits alone are an id, an amount or a date."""
    return f"(regexp_matches({expression}, {text(_SUSPECT)}) AND NOT regexp_full_match({expression}, '\\d+'))"


def _without_cards(expression: str, cards: str) -> str:
    """Blank what has the form of a card's number, where the check digit of one such number is right."""
    digits = "regexp_replace(card, '[ -]', '', 'g')"
    doubled = "CASE WHEN d > 4 THEN 2 * d - 9 ELSE 2 * d END"
    digit = f"(ord(substr({digits}, i, 1)) - 48)"
    total = (
        f"list_sum(list_transform(range(1, length({digits}) + 1), lambda i: list_transform([{digit}], lambda d: "
        f"CASE WHEN (length({digits}) - i) % 2 = 1 THEN {doubled} ELSE d END)[1]))"
    )
    found = f"regexp_extract_all({expression}, {text(cards)})"
    right = f"len(list_filter({found}, lambda card: {total} % 10 = 0)) > 0"
    return (
        f"(CASE WHEN regexp_matches({expression}, {text(cards)}) AND {right} "
        f"THEN {_replaced(expression, cards, '[card]')} ELSE {expression} END)"
    )
