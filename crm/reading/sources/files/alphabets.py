"""Letters of the languages that exports are written in, by the encodings that hold them: how likely a reading of bytes is.

Only letters beyond ASCII count: the others read alike in every encoding that is asked about.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_WESTERN = {
    "de": "äöüß", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíñóúüºª", "pt": "áâãàçéêíóôõúºª", "it": "àèéìíòóùú", "nl": "éëïöüáèóê",
    "da": "æøåéö", "sv": "åäöéü", "is": "áðéíóúýþæö", "ca": "àçèéíïòóúü",
}  # fmt: skip
_CENTRAL = {
    "cs": "áčďéěíňóřšťúůýžöü", "sk": "áäčďéíĺľňóôŕšťúýž", "pl": "ąćęłńóśźż", "hu": "áéíóöőúüű", "hr": "čćđšž", "ro": "ăâîşţ",
    "de": "äöüß",
}  # fmt: skip
_RUSSIAN = {"ru": _CYRILLIC + "ё№", "uk": _CYRILLIC + "іїєґ’№", "sr": _CYRILLIC + "ђјљњћџ"}
_BALTIC = {"lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž", "et": "äõöüšž", "pl": "ąćęłńóśźż"}
_GREEK = {"el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"}
_HEBREW = {"he": "".join(map(chr, range(0x5D0, 0x5EB)))}
_ARABIC = {"ar": "".join(map(chr, range(0x621, 0x64B))) + "پچژگکی،؟"}
_THAI = {"th": "".join(map(chr, [*range(0xE01, 0xE3B), *range(0xE40, 0xE4E)])).replace("ฃ", "").replace("ฅ", "")}
LANGUAGES: dict[str, dict[str, str]] = {
    "cp1252": _WESTERN, "mac_roman": _WESTERN, "cp850": _WESTERN, "cp437": _WESTERN, "iso8859_15": _WESTERN,
    "cp1250": _CENTRAL, "iso8859_2": _CENTRAL, "cp852": _CENTRAL, "mac_latin2": _CENTRAL,
    "cp1254": {"tr": "çğıöşüâîûİ"}, "cp1257": _BALTIC, "iso8859_13": _BALTIC,
    "cp1251": _RUSSIAN, "koi8_r": _RUSSIAN, "koi8_u": _RUSSIAN, "cp866": _RUSSIAN, "iso8859_5": _RUSSIAN, "mac_cyrillic": _RUSSIAN,
    "cp1253": _GREEK, "iso8859_7": _GREEK, "cp1255": _HEBREW, "iso8859_8": _HEBREW, "cp1256": _ARABIC, "iso8859_6": _ARABIC,
    "cp874": _THAI, "cp1258": {"vi": "ăâđêôơưàáèéìíòóùúý\u0300\u0301\u0303\u0309\u0323"},
}  # fmt: skip
"""Encoding to the letters of each language that is written in it."""
_TYPOGRAPHY = frozenset("“”‘’„‚–—…€£§°©®™«»·•´²³½µ×№\xa0¿¡−\u202f")
_INSIDE_WORDS = frozenset("’·№ºª")
_CURRENCY = frozenset("€£")
_SIGN = 0.1
"""What a sign counts beside a letter: thousands of amounts in euros say little of the few words between them."""
_EAST_ASIAN = ("cp932", "euc_jp", "gb18030", "big5", "cp949")
CANDIDATES = (*LANGUAGES, *_EAST_ASIAN)
"""Encodings asked about, the commoner first: of two that read the same the first is named."""
_ONE_LANGUAGE, _OTHER_LANGUAGE, _NO_LANGUAGE = 1.0, 0.85, 0.45
_WRONG, _SPLIT_WORD = -1.0, -0.6
_VOWELS = frozenset("аеёиоуыэюяіїєαεηιουωάέήίόύώ")
_COMMON = frozenset("оеаинтсрвлкмпді" + "αεηιουωάέήίόύώνστρπκλμ")
"""Letters that make up three quarters of Cyrillic and of Greek texts."""
_LEAST_VOWELS, _MOST_VOWELS, _MOSTLY, _SHORT = 0.2, 0.75, 0.5, 4
_THAI_MARKS = frozenset(
    "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3a\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e4d\u0e4e"
)


def plausibility(codec: str, texts: Iterable[str]) -> float:
    """How much ``texts``, decoded by ``codec``, look like words of a language: 1 at best, below 0 for noise.

    Parameters
    ----------
    codec : str
        One of ``CANDIDATES``.
    texts : iterable of str
        Different values, each with a letter beyond ASCII.
    """
    texts = list(texts)
    if codec in _EAST_ASIAN:
        marks = [_east_asian(codec, text, place) for text in texts for place, sign in enumerate(text) if sign > "\x7f"]
        return sum(marks) / max(len(marks), 1)
    letters = {language: frozenset(known + known.upper()) for language, known in LANGUAGES[codec].items()}
    fits = {text: {language for language, known in letters.items() if _letters(text) <= known} for text in texts}
    best = max(letters, key=lambda language: sum(language in found for found in fits.values()))
    every = frozenset().union(*letters.values())
    total, count = 0.0, 0.0
    for text, found in fits.items():
        worth = _ONE_LANGUAGE if best in found else _OTHER_LANGUAGE if found else _NO_LANGUAGE
        worth *= _has_syllables(text)
        marks = [_mark(text, place, every, worth) for place, sign in enumerate(text) if sign > "\x7f"]
        weights = [_weight(text, place) for place, sign in enumerate(text) if sign > "\x7f"]
        total += sum(mark * weight for mark, weight in zip(marks, weights, strict=True))
        count += sum(weights)
    return total / count if count else 0.0


def _letters(text: str) -> set[str]:
    return {sign for sign in text if sign > "\x7f" and sign not in _TYPOGRAPHY}


def _has_syllables(text: str) -> float:
    """Return less than 1 where Cyrillic or Greek letters are not those that words are mostly made of."""
    letters = [sign for sign in text.lower() if "\u0370" <= sign <= "\u04ff"]
    if len(letters) < _SHORT:
        return 1.0
    vowels = sum(sign in _VOWELS for sign in letters) / len(letters)
    common = sum(sign in _COMMON for sign in letters) / len(letters)
    if not _LEAST_VOWELS <= vowels <= _MOST_VOWELS or common < _MOSTLY:
        return 0.7
    return 0.97 if text.isupper() else 1.0


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


def _weight(text: str, place: int) -> float:
    """Return what a sign counts: a letter among letters most, since thousands of amounts with a currency are no words."""
    beside = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
    return _SIGN if text[place] in _TYPOGRAPHY or not any(one.isalpha() for one in beside) else 1.0


def _mark(text: str, place: int, letters: frozenset[str], worth: float) -> float:
    sign, before, after = text[place], text[place - 1 : place], text[place + 1 : place + 2]
    if sign in letters and sign > "\u0250" and (_is_latin(before) or _is_latin(after)):
        return _WRONG  # two alphabets in one word
    if sign in _THAI_MARKS and not "\u0e01" <= before <= "\u0e4e":
        return _WRONG
    if sign.isalpha() and sign not in _INSIDE_WORDS and (before.isdigit() or after.isdigit()):
        return _SPLIT_WORD  # no letter, but a currency or a sign between thousands
    if sign.isalpha() and not before.isalpha() and not after.isalpha():
        return _NO_LANGUAGE  # a letter by itself may be a currency
    if sign in letters:
        in_a_word = before.islower() or (before.isalpha() and after.islower())
        return _SPLIT_WORD if sign.isupper() and in_a_word and not sign.islower() else worth
    if sign in _TYPOGRAPHY:
        inside = before.isalpha() and (after.isalpha() or sign in _CURRENCY)
        return 0.95 if not inside or sign in _INSIDE_WORDS else _WRONG
    return -0.3 if sign.isalpha() else -3.0 if unicodedata.category(sign) in ("Cc", "Co", "Cn") else _WRONG


def _east_asian(codec: str, text: str, place: int) -> float:
    sign, before, after = text[place], text[place - 1 : place], text[place + 1 : place + 2]
    if before.isascii() and after.isascii() and before.isalpha() and after.isalpha():
        return _SPLIT_WORD  # the second byte of a letter swallowed one of the word
    if (
        sign in _TYPOGRAPHY
        or "\u3000" <= sign <= "\u303f"
        or "\uff01" <= sign <= "\uff5e"
        or "\uffe0" <= sign <= "\uffe6"
    ):
        return 0.8
    if "\u3040" <= sign <= "\u30ff":
        return 1.0 if codec in ("cp932", "euc_jp") else 0.1
    if "\uff61" <= sign <= "\uff9f":
        return 0.3 if codec == "cp932" else _WRONG
    if "\uac00" <= sign <= "\ud7a3":
        return 1.05 if codec == "cp949" and _lead(sign, "euc_kr") else _WRONG
    if "\u4e00" <= sign <= "\u9fff":
        return _ideograph(codec, sign)
    return _WRONG


def _ideograph(codec: str, sign: str) -> float:
    ranges = {
        "cp932": ("euc_jp", 0xB0, 0xCF), "euc_jp": ("euc_jp", 0xB0, 0xCF), "gb18030": ("gb2312", 0xB0, 0xD7),
        "big5": ("big5", 0xA4, 0xC6), "cp949": ("euc_kr", 0xFF, 0xFF),
    }  # fmt: skip
    table, first, last = ranges[codec]
    lead = _lead(sign, table)
    return 0.95 if first <= lead <= last else 0.3 if lead else 0.0


def _lead(sign: str, table: str) -> int:
    """First byte of ``sign`` in ``table``, whose common signs come first; 0 where it has none."""
    try:
        return sign.encode(table)[0]
    except UnicodeEncodeError:
        return 0
