"""People as the lists of the catalogue have them: seniority and function out of titles, kind of e-mail domain.

Each title and each domain is read once, whatever the number of leads. Titles match on whole words in any language of the lists.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from leadq.features.meaning.expressions import fold
from leadq.features.meaning.lists import Meaning, Terms

TITLE_MARKS = "-/,.&()|;:'\u2019\"_+*"
"""Signs of titles that are read as blanks."""
_FREE_MAIL = "meaning_free_mail"


def read_titles(people: ir.Table, meaning: Meaning) -> ir.Table:
    """Return seniority and function of every title: ``title, person_seniority, person_function``."""
    titles = people.select("title").distinct()
    words = titles.title.lower()
    for mark in TITLE_MARKS:
        words = words.replace(mark, " ")
    words = ibis.literal(" ") + fold(words) + " "
    return titles.select(
        "title",
        person_seniority=_first_match(titles.title, words, meaning.seniority),
        person_function=_first_match(titles.title, words, meaning.function),
    )


def _first_match(title: ir.StringValue, words: ir.StringValue, groups: Terms) -> ir.StringValue:
    branches = [(title.isnull() | (title.strip() == ""), ibis.null("string"))]
    for label, terms in groups:
        listed = "|".join(term.replace("*", "[^ ]*") for term in terms)
        branches.append((words.re_search(f" (?:{listed}) "), ibis.literal(label)))
    return ibis.cases(*branches, else_="other")


def listed_kinds(people: ir.Table, meaning: Meaning, backend: Any) -> ir.Table:
    """Return what the lists say of every e-mail domain: ``email_domain, listed``, null of a domain that is in none."""
    domains = people.select("email_domain").distinct()
    domains = domains.mutate(mail=fold(domains.email_domain))
    free = ibis.memtable(pa.table({"free": list(meaning.free_mail)}))
    free = backend.create_table(_FREE_MAIL, free, temp=True, overwrite=True)
    domains = domains.left_join(free, domains.mail == free.free)
    return domains.select(
        "email_domain",
        listed=ibis.cases(
            (domains.free.notnull(), "free mail"),
            (domains.mail.re_search(_under(meaning.education)), "education"),
            (domains.mail.re_search(_under(meaning.public_body)), "public body"),
            else_=ibis.null("string"),
        ),
    )


def email_kind(listed: ir.StringValue, domain: ir.StringValue, company: ir.StringValue) -> ir.StringValue:
    """Return the kind of an e-mail domain: a domain below the account's own, or above it, is the company's.

    Row by row, and so without folding: the reader writes domains in small letters.
    """
    mail, own = domain.lower(), company.lower()
    same = (mail == own) | mail.endswith(ibis.literal(".") + own) | own.endswith(ibis.literal(".") + mail)
    return ibis.cases(
        (domain.isnull() | (domain == ""), ibis.null("string")),
        (listed.notnull(), listed),
        ((same & own.contains(".") & mail.contains(".")).fill_null(False), "company"),
        else_="other",
    )


def _under(endings: tuple[str, ...]) -> str:
    """Return the pattern of domains that end so, or are that."""
    listed = "|".join(ending.replace(".", "[.]") for ending in endings)
    return f"(^|[.])(?:{listed})\\z"
