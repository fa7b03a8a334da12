"""What headings say in the languages of exports, and what only sounds like it."""

from __future__ import annotations

import pytest

from leadq.crm.reading.people.headings import Says, heading_says
from tests.crm.reading.people.conftest import Why

NAMES = """Vorname|Nachname|Familienname|vor_nachname|Name|NAME|firstName|LastName|first_name|Full Name
Contact Name|Customer: Name|Kundenname|Name des Kontakts|Prénom|Nom|Nom de famille|Prénom du client
Nombre completo|Apellidos|Nome|Cognome|Nome e cognome|Sobrenome|Voornaam|Achternaam|Naam|Imię
Nazwisko|Imię i nazwisko|Fornavn|Etternavn|Efternamn|Etunimi|Sukunimi|Jméno|Příjmení|Vezetéknév
Keresztnév|Név|Ad Soyad|Soyadı|Имя|Фамилия|Отчество|ФИО|Имя клиента|Прізвище|氏名|お名前|名前|姓名|客户姓名|이름|성명
Lead Name|maiden_name"""
ALWAYS = """Geburtsdatum|geb_datum|Geburtstag|birth_date|DateOfBirth|DOB|Birthday|Date de naissance
Fecha de nacimiento|Data di nascita|Geboortedatum|Data urodzenia|Födelsedatum|Дата рождения|生年月日
出生日期|생년월일|gender|Gender identity|Sex|Geschlecht|Anrede|Salutation|Civilité|Sexo|Género|Genere
Geslacht|Aanhef|Płeć|Kön|Kjønn|Cinsiyet|Пол|性別|性别|성별|Religion|Konfession|Nationality|Nationalität
Staatsangehörigkeit|Nationalité|Nacionalidad|Obywatelstwo|Гражданство|国籍"""
DETAILS = """E-Mail|email|Email Address|E-Mail-Adresse|Courriel|Correo electrónico|Telefon|Telefonnummer
Telefon-Nr.|phone|Mobile Phone|Handy|Handynummer|Téléphone|Portable|Teléfono|Móvil|Cellulare
Telefoon|Telefon komórkowy|Puhelin|Telefonszám|Cep telefonu|Телефон|Мобильный телефон|電話番号|携帯電話|手机
电话|휴대폰|Straße|Strasse|Hausnummer|Adresse|Anschrift|Rue|Dirección|Indirizzo|Endereço|Adres|Ulica
Adress|Адрес|住所|地址|주소|PLZ|Postleitzahl|Zip|Zip Code|Postcode|Code postal|Código postal|IBAN|SSN
Passport no|IP Address|ip_address|Username|LinkedIn|WhatsApp|Personnummer|PESEL|CPF"""
PEOPLE = """Ansprechpartner|Kontakt|Entscheider|Berater|Verkäufer|Zuständig|Decision Maker|Sales Rep|sales_agent
Owner|Owner name|Account Owner|Contact|Contacto|Vendedor|Vendeur|Interlocuteur|Referente
Contactpersoon|Opiekun|Säljare|Менеджер|Контактное лицо|担当者|联系人|담당자|manager"""
NOTHING = """Firmenname|Company name|company_name|Product Name|Produktname|Name der Firma|Campaign name
stage_name|Pipeline Name|Region Name|Event name|Nom du produit|Nom de la société|Nome azienda
Nombre de empleados|Nombre de visites|Nazwa firmy|Название|会社名|公司名称|회사 이름|Telefonate|Mailing|sort
soort|Ort|Stadt|City|Region|Country|Land|Branche|Industry|Alter|age|first|last_activity|Titel|title
Kundennummer|Kundentyp|Kontaktquelle|Contact source|Employees|Umsatz|Revenue|Amount|Status|Stage|job
marital|education|emp.var.rate|cons.price.idx|poutcome|housing|loan|month|Newsletter|Plan|Score
Sektor|Strategie|Adressaten|Geburtenrate|Genre|nominal|Nomination|Team name|Handyman|Streetwear
Sextant|Emailing|Portfolio|Cellar|Formular|Vornahme|Zipper"""


def _cases(listed: str) -> list[str]:
    return listed.replace("\n", "|").split("|")


@pytest.mark.parametrize(
    ("listed", "says"),
    [(NAMES, Says.NAME), (ALWAYS, Says.ALWAYS), (DETAILS, Says.DETAIL), (PEOPLE, Says.PEOPLE)],
)
def test_headings_say_what_they_say_in_every_language(listed: str, says: Says) -> None:
    assert {one: heading_says(one) for one in _cases(listed) if heading_says(one) is not says} == {}


def test_headings_that_only_sound_alike_say_nothing() -> None:
    silent = (Says.NOTHING, Says.THINGS)
    assert {one: heading_says(one) for one in _cases(NOTHING) if heading_says(one) not in silent} == {}


@pytest.mark.parametrize("heading", ["Vorname", "Nachname", "Фамилия", "氏名", "first_name"])
def test_a_name_nobody_knows_is_dropped_by_its_heading(why: Why, heading: str) -> None:
    assert why(heading, ["Dorstake", "Xiluri", "Quemby"]) == "is named like a person's name"


@pytest.mark.parametrize(
    ("heading", "values", "kind"),
    [
        ("gender", ["m", "f", "x"], "category"),
        ("gender", ["0", "1"], "flag"),
        ("Geschlecht", ["1", "2"], "number"),
        ("Anrede", ["H", "F"], "category"),
        ("Geburtsdatum", ["1980-01-01", "1990-02-02"], "date"),
        ("birth year", ["1980", "1990"], "number"),
        ("nationality", ["DE", "FR"], "category"),
    ],
)
def test_traits_are_dropped_however_they_are_written(why: Why, heading: str, values: list[str], kind: str) -> None:
    assert why(heading, values, kind) == "is named like personal data"


@pytest.mark.parametrize(
    ("heading", "values", "kind"),
    [
        ("email_opens", ["0", "3", "9"], "number"),
        ("email_opens", [str(n * 100_000) for n in range(40)], "number"),
        ("phone_verified", ["true", "false"], "flag"),
        ("phone_support", ["true", "false"], "flag"),
        ("Telefonate", ["0", "12"], "number"),
        ("mobile_visits", [str(n) for n in range(100)], "number"),
        ("last email", ["2024-01-01", "2024-02-02"], "date"),
        ("contact", ["cellular", "telephone"], "category"),
        ("email_status", ["valid", "bounced"], "category"),
        ("age", ["20", "30"], "number"),
    ],
)
def test_counts_and_flags_of_contact_are_no_contact_details(
    why: Why, heading: str, values: list[str], kind: str
) -> None:
    assert why(heading, values, kind) is None


def test_a_phone_column_of_digits_needs_its_heading(why: Why) -> None:
    values = [f"0171{n:07d}" for n in range(3_000_000, 3_000_200)]
    assert why("Telefon", values) == "is named like contact details"
    assert why("column 7", values) is None
