"""Spellings planted into a simulated company: what people type, without changing what any lead is.

Countries in four spellings, titles in five languages, sizes as words in place of numbers, domains beyond the best known, sources in
three ways to write them. Which way a lead is written is drawn, and says nothing of the lead.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadq.crm.simulated.simulate import SimulatedCompany

COUNTRIES = {
    "DE": ("DE", "Germany", "DEU", "Deutschland"),
    "FR": ("FR", "France", "FRA", "Frankreich"),
    "NL": ("NL", "Netherlands", "NLD", "Niederlande"),
    "GB": ("GB", "United Kingdom", "UK", "Großbritannien"),
    "US": ("US", "United States", "USA", "Vereinigte Staaten"),
    "ES": ("ES", "Spain", "ESP", "Spanien"),
    "PL": ("PL", "Poland", "POL", "Polska"),
}
TITLES = {
    "CIO": ("CIO", "Leiter der Informatik und Geschäftsführer", "Directeur général informatique", "Director general de sistemas",
            "Amministratore delegato sistemi informativi"),
    "COO": ("COO", "Geschäftsführer Produktion", "Directeur général des opérations", "Director general de operaciones",
            "Direttore generale operazioni"),
    "CMO": ("CMO", "Geschäftsführerin Marketing", "Directrice générale marketing", "Directora general de marketing",
            "Direttrice generale marketing"),
    "CFO": ("CFO", "Geschäftsführer Finanzen", "Directeur général finances", "Director general de finanzas", "Direttore generale finanza"),
    "Chief People Officer": ("Chief People Officer", "Geschäftsführerin Human Resources", "Directrice générale des ressources humaines",
                             "Directora general de recursos humanos", "Direttrice generale risorse umane"),
    "Head of IT": ("Head of IT", "IT-Leiter", "Directeur informatique", "Director de sistemas", "Direttore ICT"),
    "Director Operations": ("Director Operations", "Produktionsleiter", "Directeur des opérations", "Director de operaciones",
                            "Direttore di produzione"),
    "Marketing Director": ("Marketing Director", "Marketingleiterin", "Directrice marketing", "Directora de marketing",
                           "Direttrice marketing"),
    "Finance Director": ("Finance Director", "Leiter Finanzen", "Directeur financier", "Director financiero", "Direttore finanziario"),
    "HR Director": ("HR Director", "Personalleiterin", "Directrice des ressources humaines", "Directora de recursos humanos",
                    "Direttrice risorse umane"),
    "IT Manager": ("IT Manager", "Teamleiter IT", "Responsable informatique", "Jefe de sistemas", "Responsabile ICT"),
    "Operations Manager": ("Operations Manager", "Teamleiter Produktion", "Responsable production", "Jefe de operaciones",
                           "Responsabile produzione"),
    "Marketing Manager": ("Marketing Manager", "Teamleiterin Marketing", "Responsable marketing", "Gerente de marketing",
                          "Responsabile marketing"),
    "Finance Manager": ("Finance Manager", "Teamleiter Buchhaltung", "Responsable comptabilité", "Gerente de finanzas",
                        "Responsabile contabilità"),
    "HR Manager": ("HR Manager", "Teamleiterin Personalwesen", "Responsable des ressources humaines", "Jefa de recursos humanos",
                   "Responsabile risorse umane"),
    "IT Specialist": ("IT Specialist", "Softwareentwickler", "Technicien informatique", "Técnico de sistemas", "Tecnico informatico"),
    "Operations Analyst": ("Operations Analyst", "Sachbearbeiter Logistik", "Technicien de production", "Técnico de operaciones",
                           "Addetto produzione"),
    "Marketing Coordinator": ("Marketing Coordinator", "Referentin Marketing", "Chargée de communication", "Asistente de marketing",
                              "Addetta marketing"),
    "Financial Analyst": ("Financial Analyst", "Buchhalterin", "Comptable", "Analista de finanzas", "Impiegato contabilità"),
    "HR Assistant": ("HR Assistant", "Personalreferentin", "Assistante ressources humaines", "Técnica de recursos humanos",
                     "Addetta risorse umane"),
    "Student": ("Student", "Werkstudent", "Étudiante", "Estudiante", "Studentessa"),
    "PhD student": ("PhD student", "Doktorandin", "Doctorant", "Doctorando", "Dottoranda"),
    "Intern": ("Intern", "Praktikantin", "Stagiaire", "Becaria", "Tirocinante"),
}  # fmt: skip
DOMAINS = {
    **dict.fromkeys(("gmail.com", "outlook.com", "yahoo.com", "gmx.de", "web.de"),
                    ("gmail.com", "freenet.de", "wp.pl", "libero.it", "laposte.net", "yahoo.co.uk", "bluewin.ch", "seznam.cz")),
    **dict.fromkeys(("north.edu", "tech.edu", "city.edu"), ("north.edu", "tech.edu.sg", "city.ac.in", "west.edu.pl", "uni.ac.at")),
}  # fmt: skip
SOURCES = (str, lambda word: word.replace("_", " ").title(), lambda word: word.replace("_", " ").upper() + " ")
"""A source is written with a sign or with a blank: those two are two words; capitals and blanks around it are none."""
SIZES = (
    (10, ("1-10", "<10", "1 bis 10", "1-10 employees")),
    (50, ("11-50", "11 bis 50", "11 to 50", "11-50 Mitarbeiter")),
    (200, ("51-200", "51 \u2013 200", "51 à 200", "51-200 employees")),
    (500, ("201-500", "201 bis 500", "201 to 500")),
    (1000, ("501-1,000", "501 bis 1.000", "501 to 1000")),
    (5000, ("1,001-5,000", "1.001 bis 5.000", "1,001 à 5,000", "1001-5000")),
    (10**9, ("5,001+", "5.001+", "5k+", "mehr als 5.000")),
)


def with_spellings(company: SimulatedCompany, seed: int) -> SimulatedCompany:
    """Return the company with its leads and accounts written by many hands."""
    draw, tables = np.random.default_rng((17, seed)), dict(company.tables)
    leads, accounts = tables["leads"], tables["accounts"]
    for name, ways in (("country", COUNTRIES), ("title", TITLES), ("email_domain", DOMAINS)):
        leads = _replaced(leads, name, [_one_of(draw, ways.get(one, (one,))) for one in leads[name].to_pylist()])
    hands = draw.integers(0, len(SOURCES), leads.num_rows)
    sources = zip(leads["source"].to_pylist(), hands, strict=True)
    leads = _replaced(leads, "source", [None if one is None else SOURCES[hand](one) for one, hand in sources])
    accounts = _replaced(
        accounts, "country", [_one_of(draw, COUNTRIES.get(one, (one,))) for one in accounts["country"].to_pylist()]
    )
    sizes = [_size(draw, employees) for employees in accounts["employees"].to_pylist()]
    accounts = _replaced(accounts, "employees", [None] * accounts.num_rows)
    tables["leads"], tables["accounts"] = leads, accounts.append_column("company_size", pa.array(sizes, pa.string()))
    changes = tables["field_history"]
    tables["field_history"] = changes.filter(pc.invert(pc.is_in(changes["field"], pa.array(["employees", "country"]))))
    return replace(company, tables=tables)


def _one_of(draw: np.random.Generator, ways: tuple[str | None, ...]) -> str | None:
    return ways[int(draw.integers(0, len(ways)))]


def _size(draw: np.random.Generator, employees: float | None) -> str | None:
    if employees is None:
        return None
    return next(_one_of(draw, ways) for high, ways in SIZES if employees <= high)


def _replaced(table: pa.Table, name: str, values: list[str | None]) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))
