"""People as they were read before there were lists of the languages of Europe, for models whose catalogue holds none.

It stays as it is: their trees rest on it. ``features/groups/person.py`` says what is read, ``people.py`` is what reads it since.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

SENIORITY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("student", ("student", "intern", "trainee", "apprentice", "phd", "professor")),
    ("vice president", ("vp", "svp", "evp", "vice president")),
    (
        "executive",
        (
            "ceo",
            "cto",
            "cfo",
            "cio",
            "cmo",
            "coo",
            "cro",
            "ciso",
            "chief",
            "founder",
            "cofounder",
            "owner",
            "president",
            "managing director",
            "geschäftsführer",
            "partner",
        ),
    ),
    ("director", ("director", "head", "leiter", "leiterin")),
    ("manager", ("manager", "lead", "supervisor", "principal")),
    (
        "specialist",
        (
            "engineer",
            "analyst",
            "specialist",
            "consultant",
            "developer",
            "coordinator",
            "associate",
            "assistant",
            "administrator",
            "representative",
            "executive",
        ),
    ),
)
FUNCTION: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sales", ("sales", "account", "business development", "vertrieb", "cro")),
    ("marketing", ("marketing", "growth", "brand", "content", "communications", "cmo")),
    (
        "it",
        (
            "it",
            "cto",
            "cio",
            "ciso",
            "technology",
            "engineering",
            "engineer",
            "developer",
            "software",
            "data",
            "security",
            "infrastructure",
            "devops",
        ),
    ),
    ("finance", ("finance", "cfo", "controller", "accounting", "treasurer", "financial")),
    ("people", ("hr", "people", "human resources", "talent", "recruiting")),
    ("purchasing", ("purchasing", "procurement", "buyer", "sourcing", "einkauf")),
    ("operations", ("operations", "coo", "logistics", "supply chain", "production", "plant", "facilities")),
    ("product", ("product", "design", "research")),
    (
        "management",
        ("ceo", "founder", "cofounder", "owner", "president", "managing director", "chief", "geschäftsführer"),
    ),
)
FREE_MAIL = (
    "gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "live.com", "icloud.com", "aol.com", "gmx.de", "gmx.net",
    "web.de", "t-online.de", "protonmail.com", "proton.me", "mail.com", "yandex.com", "qq.com", "163.com", "orange.fr", "free.fr",
)  # fmt: skip
_EDUCATION = (".edu", ".ac.uk", ".edu.au", ".ac.jp")
_PUBLIC = (".gov", ".gov.uk", ".mil", ".gouv.fr")


def email_kind(domain: ir.StringValue, company: ir.StringValue) -> ir.StringValue:
    """Return the kind of an e-mail domain, null where there is none."""
    domain = domain.lower()
    return ibis.cases(
        (domain.isnull() | (domain == ""), ibis.null("string")),
        (domain.isin(FREE_MAIL), "free mail"),
        (_ends_with(domain, _EDUCATION), "education"),
        (_ends_with(domain, _PUBLIC), "public body"),
        ((domain == company.lower()).fill_null(False), "company"),
        else_="other",
    )


def read_titles(people: ir.Table) -> ir.Table:
    """Return seniority and function of every title, ``title, person_seniority, person_function``: each title is read once."""
    titles = people.select("title").distinct()
    words = ibis.literal(" ") + titles.title.lower()
    for mark in "-/,.&()|;:":
        words = words.replace(mark, " ")
    words = words + " "
    return titles.select(
        "title",
        person_seniority=_first_match(titles.title, words, SENIORITY),
        person_function=_first_match(titles.title, words, FUNCTION),
    )


def _ends_with(text: ir.StringValue, endings: tuple[str, ...]) -> ir.BooleanValue:
    holds = ibis.literal(False)
    for ending in endings:
        holds = holds | text.endswith(ending)
    return holds


def _first_match(
    title: ir.StringValue, words: ir.StringValue, groups: tuple[tuple[str, tuple[str, ...]], ...]
) -> ir.StringValue:
    branches = [(title.isnull() | (title.strip() == ""), ibis.null("string"))]
    for label, terms in groups:
        found = ibis.literal(False)
        for term in terms:
            found = found | words.contains(f" {term} ")
        branches.append((found, ibis.literal(label)))
    return ibis.cases(*branches, else_="other")
