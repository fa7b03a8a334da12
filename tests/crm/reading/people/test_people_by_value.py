"""Names, numbers and addresses of people are known by their values, whatever the heading; what only looks like them stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leadq.crm.reading.people.name_forms import Reads, reads_as
from tests.crm.reading.people.conftest import Why

GERMAN = [
    ("Jonas", "Lange"),
    ("Frank", "Müller"),
    ("Ines", "Klein"),
    ("Gerda", "Krüger"),
    ("Jürgen", "Weiß"),
    ("Eva", "Vogel"),
    ("Uwe", "Hoffmann"),
]
ENGLISH = [
    ("Oliver", "Baker"),
    ("Grace", "O'Brien"),
    ("Mark", "McDonald"),
    ("Will", "Turner"),
    ("Emily", "Wright"),
    ("Jack", "White"),
]
FRENCH = [
    ("Jean-Pierre", "Dupont"),
    ("Chloé", "Lefèvre"),
    ("Hélène", "Girard"),
    ("François", "Moreau"),
    ("Anaïs", "d'Aubigny"),
]
SPANISH = [
    ("María José", "García López"),
    ("Juan", "Pérez"),
    ("Lucía", "de la Fuente"),
    ("Íñigo", "Ortega"),
    ("Carmen", "Ruiz"),
]
DUTCH = [
    ("Femke", "van den Berg"),
    ("Sjoerd", "de Vries"),
    ("Kees", "ter Horst"),
    ("Maaike", "Bakker"),
    ("Jeroen", "Smit"),
]
POLISH = [("Łukasz", "Kowalski"), ("Małgorzata", "Wiśniewska"), ("Grzegorz", "Wójcik"), ("Agnieszka", "Nowak")]
NORDIC = [("Søren", "Jørgensen"), ("Åsa", "Lindström"), ("Ole", "Jensen"), ("Päivi", "Virtanen"), ("Bjørn", "Haugen")]
TURKISH = [("Çağla", "Yılmaz"), ("Mehmet", "Öztürk"), ("Ayşe", "Demir"), ("Emine", "Şahin")]
HUNGARIAN = [("Gábor", "Nagy"), ("Eszter", "Kovács"), ("László", "Szabó"), ("Zoltán", "Tóth")]
ITALIAN = [("Giulia", "Rossi"), ("Marco", "D'Angelo"), ("Alessandro", "Della Valle"), ("Chiara", "Conti")]
PORTUGUESE = [("João", "da Silva"), ("Inês", "dos Santos"), ("Gonçalo", "Ferreira"), ("Catarina", "e Sousa")]
VIETNAMESE = [
    ("Văn An", "Nguyễn"),
    ("Thị Mai", "Trần"),
    ("Minh", "Phạm"),
    ("Quang", "Lê"),
    ("Hùng", "Đặng"),
    ("Phương", "Hoàng"),
]
INDIAN = [("Rajesh", "Kumar"), ("Priya", "Sharma"), ("Sunita", "Patel"), ("Deepak", "Iyer")]
ARABIC = [("Mohammed", "al-Rashid"), ("Fatima", "bint Khalid"), ("Omar", "Hassan"), ("Layla", "Mansour")]
Form = Callable[[str, str], str]
FORMS: dict[str, Form] = {
    "First Last": lambda first, last: f"{first} {last}",
    "Last, First": lambda first, last: f"{last}, {first}",
    "Last First": lambda first, last: f"{last} {first}",
    "LAST First": lambda first, last: f"{last.upper()} {first}",
    "First LAST": lambda first, last: f"{first} {last.upper()}",
    "F. Last": lambda first, last: f"{first[0]}. {last}",
    "Last, F.": lambda first, last: f"{last}, {first[0]}.",
    "Last F.": lambda first, last: f"{last} {first[0]}.",
    "FIRST LAST": lambda first, last: f"{first} {last}".upper(),
    "first last": lambda first, last: f"{first} {last}".lower(),
    "last, first": lambda first, last: f"{last}, {first}".lower(),
    "First M. Last": lambda first, last: f"{first} B. {last}",
    "Last, First M.": lambda first, last: f"{last}, {first} B.",
    "Dr. First Last": lambda first, last: f"Dr. {first} {last}",
    "Herr Last": lambda first, last: f"Herr {last}",
    "Mrs. First Last": lambda first, last: f"Mrs. {first} {last}",
    "Sra. Last": lambda first, last: f"Sra. {last}",
    "Mme First LAST": lambda first, last: f"Mme {first} {last.upper()}",
    "First Last, PhD": lambda first, last: f"{first} {last}, PhD",
    "Last, Dr. First": lambda first, last: f"{last}, Dr. {first}",
    "First Last (Sales)": lambda first, last: f"{first} {last} (Sales)",
    'First "Nick" Last': lambda first, last: f'{first} "Bee" {last}',
    "First Last Jr.": lambda first, last: f"{first} {last} Jr.",
    "two people": lambda first, last: f"{first} {last}; Anna Bauer",
    "two with and": lambda first, last: f"{first} {last} und Anna Bauer",
    "blanks": lambda first, last: f"  {first}\u00a0 {last} ",
}
PEOPLES = {
    "German": GERMAN,
    "English": ENGLISH,
    "French": FRENCH,
    "Spanish": SPANISH,
    "Dutch": DUTCH,
    "Polish": POLISH,
    "Nordic": NORDIC,
    "Turkish": TURKISH,
    "Hungarian": HUNGARIAN,
    "Italian": ITALIAN,
    "Portuguese": PORTUGUESE,
    "Vietnamese": VIETNAMESE,
    "Indian": INDIAN,
    "Arabic": ARABIC,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("people", ["German", "English"])
def test_every_form_of_a_name(why: Why, people: str, form: str) -> None:
    values = [FORMS[form](first, last) for first, last in PEOPLES[people]]
    assert "names of people" in (why("column 7", values) or ""), values


@pytest.mark.parametrize(
    "form", ["First Last", "Last, First", "FIRST LAST", "first last", "Last First", "LAST First", "F. Last"]
)
@pytest.mark.parametrize("people", PEOPLES)
def test_names_of_many_countries(why: Why, people: str, form: str) -> None:
    values = [FORMS[form](first, last) for first, last in PEOPLES[people]]
    assert "names of people" in (why("column 7", values) or ""), values


@pytest.mark.parametrize(
    "values",
    [
        ["Иванов Иван Иванович", "Петрова Анна Сергеевна", "Смирнов Алексей Юрьевич", "Кузнецова Ольга Павловна"],
        ["Иванов И.И.", "Петрова А. С.", "Смирнов А.Ю.", "Кузнецова О.П."],
        ["И. И. Иванов", "А. С. Петрова", "О.П. Кузнецова"],
        ["Иван Петров", "Анна Смирнова", "Ольга Соколова", "Дмитрий Волков"],
        ["ШЕВЧЕНКО Тарас Григорович", "Коваленко Олена Петрівна", "Бондаренко Ірина Іванівна"],
        ["王小明", "李秀英", "张伟强", "刘建国", "欧阳娜娜", "陈美玲"],
        ["佐藤 太郎", "鈴木 花子", "高橋 健一", "田中 美咲", "佐々木 翔"],
        ["山田太郎", "伊藤美咲", "渡辺健一", "中村花子"],
        ["김민수", "이서연", "박지훈", "최유진", "정하은"],
        ["محمد علي", "فاطمة حسن", "أحمد خالد", "عمر يوسف"],
        ["יוסף כהן", "רחל לוי", "דוד מזרחי"],
        ["Γιώργος Παπαδόπουλος", "Μαρία Νικολάου", "Ελένη Γεωργίου"],
        ["anna.schmidt", "jonas.lange", "eva_klein", "frank.weber"],
        ["Herr Müller", "Frau Schmidt", "Herr Dr. Weber", "Frau Prof. Klein"],
    ],
    ids=lambda values: values[0],
)
def test_names_of_other_scripts_and_writings(why: Why, values: list[str]) -> None:
    assert "names of people" in (why("column 7", values) or "")


def test_names_nobody_knows_are_seen_by_their_form_where_they_vary(why: Why) -> None:
    parts = [
        f"{a}{b}" for a in ("Zor", "Que", "Bly", "Tak", "Vom") for b in ("ba", "ldin", "mek", "rusk", "neth", "fa")
    ]
    reversed_names = [f"{last}, {first}" for place, last in enumerate(parts) for first in parts[place % 5 :: 5]]
    in_order = [f"{first} {last}" for place, last in enumerate(parts) for first in parts[place % 4 :: 4]]
    assert "names of people" in (why("column 7", reversed_names) or "")
    assert "names of people" in (why("column 7", in_order) or "")
    assert "names of people" in (why("Ansprechpartner", in_order[:6]) or "")
    assert why("Firma", in_order) is None


def test_the_share_is_said_and_a_few_names_make_no_column_of_people(why: Why) -> None:
    names = [f"{first} {last}" for first, last in GERMAN]
    words = ["Web Form", "Trade Show", "Cold Call"]
    assert why("column 7", names * 3 + words) == "holds names of people in 88% of its values"
    assert why("column 7", names[:1] + words * 3) is None


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        (
            "Region Name",
            [
                "North Bernard",
                "West Michelle",
                "Port Christopher",
                "New Jennifer",
                "Lake Robert",
                "East Anna",
                "South David",
            ],
        ),
        ("region", ["Nordrhein-Westfalen", "Bayern", "Baden-Württemberg", "Hessen", "Sachsen"]),
        (
            "stage",
            [
                "Closed Won",
                "Closed Lost",
                "Needs Analysis",
                "Value Proposition",
                "Id. Decision Makers",
                "Perception Analysis",
            ],
        ),
        ("status", ["Working - Contacted", "Open - Not Contacted", "Closed - Converted"]),
        (
            "lead source",
            [
                "Web Form",
                "Trade Show",
                "Cold Call",
                "Partner Referral",
                "Google Ads",
                "Word of mouth",
                "Employee Referral",
            ],
        ),
        (
            "city",
            [
                "New York",
                "Los Angeles",
                "San Francisco",
                "Berlin",
                "München",
                "St. Gallen",
                "Ann Arbor",
                "Palo Alto",
                "Santa Clara",
            ],
        ),
        ("city", ["Lyon, France", "Berlin, Germany", "Austin, Texas", "Madrid, Spain", "Oslo, Norway"]),
        ("place", ["Springfield, IL", "Austin, TX", "Portland, OR", "Denver, CO", "Madison, WI"]),
        ("bank", ["Deutsche Bank", "Morgan Stanley", "Wells Fargo", "Credit Suisse", "Goldman Sachs", "Commerzbank"]),
        (
            "account",
            [
                "Adams Foods",
                "Siemens",
                "Acme Corporation",
                "Smith LLC",
                "Müller GmbH",
                "Bosch",
                "Jones & Sons",
                "Procter & Gamble",
            ],
        ),
        ("competitor", ["Smith, Jones and Brown", "Garcia PLC", "Meyer Group", "Weber AG", "Lee Inc"]),
        (
            "industry",
            ["Real Estate", "Financial Services", "Health Care", "Oil and Gas", "Software", "Maschinenbau", "Bau"],
        ),
        ("industry", ["Software, Hardware", "Bau, Handwerk", "Food, Beverages", "Steel, Metal"]),
        (
            "job",
            [
                "Sales Manager",
                "Chief Executive Officer",
                "Head of Marketing",
                "Software Engineer",
                "Einkaufsleiter",
                "Geschäftsführer",
            ],
        ),
        ("job", ["admin.", "blue-collar", "technician", "services", "management", "self-employed", "entrepreneur"]),
        (
            "campaign",
            ["Spring Webinar", "Summer Sale", "Customer Day", "Black Friday", "Back To School", "Product Launch"],
        ),
        ("product", ["GTX Basic", "GTX Pro", "MG Special", "MG Advanced", "GTX Plus Pro", "GTK 500"]),
        ("product", ["Galaxy Note", "Model S", "Model X", "Surface Pro", "Echo Dot"]),
        ("car", ["Ford Focus", "Aston Martin", "Opel Astra", "Fiat Panda", "Seat Ibiza", "Mercedes Benz"]),
        ("segment", ["Group A", "Group B", "Group C"]),
        ("plan", ["Plan A", "Plan B", "Basic Plan", "Pro Plan"]),
        ("team", ["Team North", "Team South", "Inside Sales", "Key Accounts"]),
        ("weekday", ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]),
        ("month", ["January", "April", "May", "June", "August"]),
        (
            "country",
            [
                "Germany",
                "France",
                "Georgia",
                "Jordan",
                "Chad",
                "South Korea",
                "United States",
                "Israel",
                "India",
                "Costa Rica",
            ],
        ),
        ("loss reason", ["Price too high", "No budget", "Chose competitor", "No response", "Bad timing"]),
        ("note", ["asked for a demo", "sent the offer", "called twice", "wants a discount"]),
        ("language", ["English", "German", "French", "Spanish"]),
        ("colour", ["Red", "Blue", "Amber", "Ruby", "Olive"]),
        ("行业", ["金融", "制造业", "教育", "零售", "房地产", "医疗", "互联网"]),
        ("地域", ["北京市", "上海", "广州", "江苏省", "高新区"]),
        ("業種", ["製造業", "小売業", "金融", "不動産", "情報通信"]),
        ("업종", ["제조업", "금융업", "서비스업", "건설업", "정보통신"]),
        ("источник", ["Сайт", "Холодный звонок", "Реклама", "Выставка", "Партнёр"]),
        ("город", ["Москва", "Санкт-Петербург", "Казань", "Нижний Новгород"]),
        ("first", ["ann", "bob", "cem"]),
        ("hurricane", ["Katrina", "Andrew", "Harvey", "Maria", "Ike"]),
        ("size", ["S", "M", "L", "XL"]),
        ("code", ["AB-12", "CD-34", "EF-56"]),
        ("marital", ["married", "single", "divorced", "unknown"]),
        ("education", ["basic.4y", "high.school", "university.degree", "professional.course"]),
        ("answer", ["yes", "no", "maybe later"]),
    ],
)
def test_what_only_looks_like_names_stays(why: Why, heading: str, values: list[str]) -> None:
    assert why(heading, values) is None


@pytest.mark.parametrize(
    ("heading", "values", "kind"),
    [
        ("share", [f"0.0{15789474 + n * 1013}" for n in range(200)], "number"),
        ("share", [f"0.0{15789474 + n * 1013}" for n in range(200)], "category"),
        ("phone_share", [f"0.0{15789474 + n * 1013}" for n in range(200)], "number"),
        ("Telefon Anteil", [f"{n}.5" for n in range(200)], "number"),
        ("epoch", [str(1_700_000_000 + n * 86_400) for n in range(200)], "number"),
        ("epoch", [str(1_700_000_000_000 + n * 86_400_000) for n in range(200)], "category"),
        ("order", [f"{4_000_000_000 + n * 7}" for n in range(200)], "category"),
        ("order no", [f"07-2024-{n:05d}" for n in range(200)], "category"),
        ("order no", [f"2024-{n:07d}" for n in range(200)], "category"),
        ("contract", [f"0711-{20_000 + n}" for n in range(200)], "category"),
        ("ref", [f"00{10_000_000 + n}" for n in range(200)], "category"),
        ("ref", [f"{n:010d}" for n in range(200)], "category"),
        ("key", [f"{n:08x}" for n in range(200)], "category"),
        ("amount", [f"1 234 {500 + n} 890" for n in range(200)], "category"),
        ("amount", [f"1.234.{500 + n},50" for n in range(200)], "category"),
        ("amount", [f"+{n},000 EUR" for n in range(100, 300)], "category"),
        ("date", [f"{1 + n % 28:02d}.{1 + n % 12:02d}.2024" for n in range(200)], "category"),
        ("date", [f"{1 + n % 12:02d}/{1 + n % 28:02d}/2024" for n in range(200)], "category"),
        ("date", [f"2024-{1 + n % 12:02d}-{1 + n % 28:02d} 10:00:00" for n in range(200)], "category"),
        ("date", [f"0{1 + n % 9}-{1 + n % 12:02d}-2024 09:{n % 60:02d}" for n in range(200)], "category"),
        ("time", [f"0{n % 10}:{n % 60:02d}:00" for n in range(200)], "category"),
        ("version", [f"{n % 9}.{n % 7}.1.{n % 5}" for n in range(200)], "category"),
        ("score", [f"{n}/100" for n in range(200)], "category"),
        ("nr.employed", ["5191", "5228.1", "5099.1"], "number"),
    ],
)
def test_numbers_dates_and_ids_are_no_phone_numbers(why: Why, heading: str, values: list[str], kind: str) -> None:
    assert why(heading, values, kind) is None


@pytest.mark.parametrize(
    "form",
    [
        "+49 171 {:07d}",
        "+4917{:08d}",
        "0049 171 {:07d}",
        "0171 {:07d}",
        "0171/{:07d}",
        "0171-{:07d}",
        "(030) {:07d}",
        "+1 (415) 555-{:04d}",
        "212-555-{:04d}",
        "(212) 555-{:04d}",
        "01 23 45 67 {:02d}",
        "Tel. 0171 {:07d}",
        "+81-3-1234-{:04d}",
        "(11) 91234-{:04d}",
    ],
)
def test_phone_numbers(why: Why, form: str) -> None:
    values = [form.format(10 + n if ":02d" in form else 2345 + n * 3) for n in range(80)]
    assert "phone numbers" in (why("column 7", values) or ""), values[:3]


@pytest.mark.parametrize(
    "text",
    [
        "ask b.smit@example.org",
        "müller@bücher.example now",
        "a.b (at) example.com",
        "see 0171 2345678",
        "call +31 6 12345678",
        "IBAN DE89 3704 0044 0532 0130 00",
        "card 4111 1111 1111 1111",
        "123-45-6789",
        "from 192.168.10.15",
        "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
    ],
)
def test_details_inside_one_of_fifty_values_are_enough(why: Why, text: str) -> None:
    held = why("column 7", [f"plan {n % 5}" for n in range(49)] + [text])
    assert held is not None
    assert held.endswith("in 2% of its values")


@pytest.mark.parametrize(
    "words",
    [
        ["Mr", "Mrs", "Ms", "Mr."],
        ["Herr", "Frau"],
        ["Mme", "Mlle"],
        ["male", "female"],
        ["weiblich", "männlich"],
        ["男", "女"],
    ],
)
def test_forms_of_address_and_sexes(why: Why, words: list[str]) -> None:
    assert (why("title", words) or "").startswith("holds forms of address")


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("", Reads.OTHER),
        ("x" * 500, Reads.OTHER),
        ("123", Reads.OTHER),
        ("\u200b", Reads.OTHER),
        ("…", Reads.OTHER),
        ("-", Reads.OTHER),
        (",", Reads.OTHER),
        ("Dr.", Reads.OTHER),
        ("&", Reads.OTHER),
    ],
)
def test_texts_without_a_word(text: str, reads: Reads) -> None:
    assert reads_as(text) == reads
