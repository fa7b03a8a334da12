"""What one generated export is: every choice that was drawn for it, and what the file does not say by itself."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tests.crm.reading.generator.number_forms import COMMA, EXPONENT, MONEY, NEGATIVE, POINT, NumberForm
from tests.crm.reading.generator.time_forms import GROUPS, TimeForm
from tests.crm.reading.generator.words import LANGUAGES, PLAIN, ROLES, Language

MARKERS = ("", "NULL", "N/A", "#N/A", "-", "(not set)", "None", "nan", "--", "n/a")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
LINE_ENDS = ("\n", "\r\n", "\r", "mixed")
SEPARATORS = (",", ";", "\t", "|")
QUOTING = ("minimal", "all", "backslash")
STRUCTURES = {
    "plain": 50, "title_lines": 6, "footer": 6, "total_row": 6, "zip": 3, "zip_of_parts": 4, "overlapping_parts": 4, "glob": 4,
    "json": 3, "jsonl": 3, "json_nested": 4, "xlsx": 6, "parquet": 5,
}  # fmt: skip
TABULAR = ("json", "jsonl", "json_nested", "xlsx", "parquet")
"""Structures in which encodings, line ends and separators are nothing to choose."""
_WHEN = datetime(2025, 3, 13, 15, 45, tzinfo=UTC)


@dataclass(slots=True)
class Plan:
    """All choices of one export; ``doubts`` are what only a person knows, so that a refusal is right."""

    seed: int
    count: int
    language: Language
    headings: dict[str, str]
    times: dict[str, tuple[TimeForm, ...]]
    numbers: dict[str, NumberForm]
    decimals: dict[str, int]
    negative: bool
    marker: str
    missing_share: float
    closed_marker: str
    flag_words: tuple[str, str]
    optin_words: tuple[str, str]
    outcome: str
    won: tuple[str, ...]
    lost: tuple[str, ...]
    open: tuple[str, ...]
    planned: str
    ids: str
    id_dress: str
    encoding: str
    line_end: str
    separator: str
    sep_line: bool
    quoting: str
    structure: str
    quirk: str
    days_up_to_12: bool
    three_decimals: bool
    left_out: set[str] = field(default_factory=set)
    doubts: set[str] = field(default_factory=set)
    kinds: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Roles in the order of the file's columns."""
        return [role for role in self.headings if role not in self.left_out]


def draw(seed: int) -> Plan:
    """Draw the choices of the export with this seed."""
    dice = random.Random(seed)
    language = dice.choice(list(LANGUAGES.values()))
    plain_headings = dice.random() < 0.15
    structure = dice.choices(list(STRUCTURES), list(STRUCTURES.values()))[0]
    headings = dict(zip(ROLES, PLAIN if plain_headings else language.headings, strict=True))
    ambiguous = dice.random() < 0.03
    dates_kind, times = _times(dice, language, ambiguous=ambiguous)
    numbers_kind, numbers, decimals, three = _numbers(dice, language)
    outcome, won, lost, opened = _outcome(dice, language, plain=plain_headings)
    marker = dice.choice(MARKERS)
    encoding, line_end, separator = _text(dice, language, structure)
    plan = Plan(
        seed=seed,
        count=dice.randint(300, 420),
        language=language,
        headings=headings,
        times=times,
        numbers=numbers,
        decimals=decimals,
        negative=dice.random() < 0.2 and not three,
        marker=marker,
        missing_share=dice.choice([0.0, 0.05, 0.2]),
        closed_marker=dice.choice(
            ["", "", marker, "0000-00-00" if times["closed_at"][0].name.startswith(("iso", "%Y")) else marker]
        ),
        flag_words=dice.choice(
            [language.yes_no, ("true", "false"), ("1", "0"), ("X", ""), ("TRUE", "FALSE"), ("Y", "N")]
        ),
        optin_words=dice.choice([language.yes_no, ("true", "false"), ("True", "False"), ("Yes", "No")]),
        outcome=outcome,
        won=won,
        lost=lost,
        open=opened,
        planned=dice.choice(["none", "none", "future", "past", "both", "some"]),
        ids=dice.choice(["plain", "plain", "zeros", "numbers", "salesforce"]),
        id_dress=dice.choices(["", "formula", "tab", "float"], [85, 5, 5, 5])[0],
        encoding=encoding,
        line_end=line_end,
        separator=separator,
        sep_line=structure == "plain" and dice.random() < 0.08,
        quoting=dice.choices(QUOTING, [60, 25, 15])[0],
        structure=structure,
        quirk=dice.choices(["", "line_break", "duplicates", "index", "remark"], [50, 12, 10, 8, 20])[0],
        days_up_to_12=ambiguous,
        three_decimals=three,
    )
    return _settled(plan, dates_kind, numbers_kind)


def _settled(plan: Plan, dates_kind: str, numbers_kind: str) -> Plan:
    """Take out choices that contradict each other, and say what the file leaves in doubt."""
    _as_one_program_writes(plan)
    if numbers_kind == "thousands_only":
        plan.left_out = {"share", "percent"}
        plan.doubts.add("thousands")
    if plan.three_decimals:
        plan.doubts.add("thousands")
    if plan.days_up_to_12 and any(form.order for forms in plan.times.values() for form in forms):
        plan.doubts.add("day or month")
    plan.doubts |= {form.needs for forms in plan.times.values() for form in forms if form.needs}
    if plan.encoding not in ENCODINGS:
        plan.doubts.add("encoding")
    if plan.outcome in ("stage", "two_flags"):
        plan.doubts.add("outcome words")
    plan.kinds = {
        "dates": dates_kind + (" ambiguous" if plan.days_up_to_12 else ""),
        "created form": "/".join(form.name for form in plan.times["created_at"]),
        "numbers": numbers_kind,
        "missing": repr(plan.marker) if plan.missing_share else "no missing",
        "encoding": plan.encoding,
        "line ends": repr(plan.line_end),
        "separator": repr(plan.separator),
        "quoting": plan.quoting,
        "language": plan.language.name,
        "outcome": plan.outcome,
        "open deals": plan.planned,
        "structure": plan.structure,
        "ids": f"{plan.ids} {plan.id_dress}".strip(),
        "quirk": plan.quirk or "none",
        "flag": "/".join(plan.flag_words),
    }
    return plan


def _as_one_program_writes(plan: Plan) -> None:
    """Take out choices that no one program makes together."""
    if plan.id_dress == "formula" and plan.quoting == "backslash":
        plan.id_dress = ""  # nobody writes quotes of a formula with a backslash
    if plan.id_dress == "float":
        plan.ids = "numbers"
    if plan.encoding == "mac_roman" and plan.structure not in TABULAR:
        plan.line_end = "\r"  # what spreadsheets of a Mac write
    if plan.structure in TABULAR:
        plan.encoding, plan.line_end, plan.separator, plan.quoting = "utf-8", "\n", ",", "minimal"
        plan.quirk = "" if plan.quirk in ("index", "duplicates") and plan.structure != "xlsx" else plan.quirk
        plan.id_dress = "" if plan.id_dress == "formula" else plan.id_dress
    if plan.outcome in ("flag", "float", "two_flags") and plan.headings["outcome"] != "status":
        plan.headings["outcome"] = "Is Won" if plan.outcome == "two_flags" else ("Converted", "Won")[plan.seed % 2]
    if plan.line_end == "\r" and plan.quirk == "line_break":
        plan.quirk = ""


def _times(dice: random.Random, language: Language, *, ambiguous: bool) -> tuple[str, dict[str, tuple[TimeForm, ...]]]:
    if ambiguous:
        group = dice.choice(["day_first", "month_first", "two_digit_years"])
    else:
        group = dice.choices(list(GROUPS), [26, 8, 20, 14, 8, 10, 14])[0]
    forms = GROUPS[group]
    if group == "month_names":
        forms = {name: form for name, form in forms.items() if name.split("_")[1] == language.name} or forms
    created = dice.choice(list(forms.values()))
    closed, kind = created, group
    chance = dice.random()
    if chance < 0.12 and not ambiguous:
        other = dice.choice(["iso", "day_first", "month_first", "since"])
        closed, kind = dice.choice(list(GROUPS[other].values())), "two columns in two ways"
    elif chance < 0.24:
        kind = f"{group}, closed without a clock"
        closed = _day_form(created, group)
    found = {"created_at": (created,), "closed_at": (closed,), "due": (_day_form(created, group),)}
    if chance > 0.97 and not ambiguous and created.exact < 86_400:
        kind = "one column in two ways"
        found["created_at"] = (GROUPS["iso"]["iso_naive"], GROUPS["day_first"]["dot_dmy_m"])
    return kind, found


def _day_form(form: TimeForm, group: str) -> TimeForm:
    """Return the form of a date beside a form of times, as the same export would write it."""
    if form.exact == 86_400:
        return form
    if group == "day_first":
        return GROUPS[group][
            next(name for name in ("slash_dmy", "dash_dmy", "dot_dmy") if _sign(name) in form.write(_WHEN))
        ]
    if group == "month_first" or form.order == "md":
        return (
            GROUPS["two_digit_years"]["slash_mdy2"]
            if group == "two_digit_years"
            else GROUPS["month_first"]["slash_mdy"]
        )
    if group == "two_digit_years":
        return GROUPS[group]["dot_dmy2" if "." in form.write(_WHEN) else "slash_dmy2"]
    if group == "since":
        return GROUPS[group]["excel_days"] if "excel" in form.name else GROUPS["iso"]["iso_day"]
    if group == "month_names":
        return GROUPS[group][f"month_{form.name.split()[1]}_short"]
    return GROUPS["day_first"]["dot_dmy"] if form.name == "zone_cet" else GROUPS["iso"]["iso_day"]


def _sign(name: str) -> str:
    return {"slash": "/", "dash": "-", "dot": "."}[name.split("_", maxsplit=1)[0]]


def _numbers(dice: random.Random, language: Language) -> tuple[str, dict[str, NumberForm], dict[str, int], bool]:
    chance = dice.random()
    decimals = {"amount": 2, "employees": 0, "share": 3, "percent": dice.choice([1, 2])}
    family = POINT if language.name in ("en", "ja", "zh") or dice.random() < 0.3 else COMMA
    base = dice.choice(family)
    kind = base.name
    amount, share, three = base, base, False
    if chance < 0.2:
        amount = dice.choice([form for form in MONEY if form.decimal == base.decimal])
        base = replace(amount.bare(), thousands=amount.thousands)
        kind, share = f"money {amount.name}", base
    elif chance < 0.25:
        amount = next(form for form in EXPONENT if form.decimal == base.decimal)
        kind = "exponent"
    elif chance < 0.32:
        kind = "thousands_only"
        amount = base = dice.choice([POINT[1], COMMA[1], POINT[2], COMMA[2]])
        decimals["amount"] = 0
    elif chance < 0.34:
        three, kind = True, "three_decimals"
        amount = NumberForm("three", base.decimal)
        decimals["amount"] = 3
        base = NumberForm("bare", base.decimal)
        share = base
    elif chance < 0.44:
        share = POINT[0] if base.decimal == "," else COMMA[0]
        kind = "one column other"
    percent = NumberForm("percent", base.decimal, after=dice.choice(["%", " %", ""]))
    return (
        kind,
        {"amount": amount, "employees": base, "share": NumberForm("share", share.decimal), "percent": percent},
        decimals,
        three,
    )


def _outcome(
    dice: random.Random, language: Language, *, plain: bool
) -> tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    kind = dice.choices(["stage", "status", "flag", "float", "two_flags"], [62, 16, 8, 7, 7])[0]
    if kind == "stage":
        some = lambda words, most: tuple(dice.sample(words, min(len(words), dice.randint(1, most))))  # noqa: E731
        return kind, some(language.won, 1), some(language.lost, 2), some(language.open, 4)
    if kind == "status":
        return (
            kind,
            *dice.choice(
                [
                    (("won",), ("lost",), ("open",)),
                    (("Won",), ("Lost",), ("",)),
                    (("WON ",), ("LOST",), ("Open", "In progress")),
                ]
            ),
        )
    if kind == "two_flags":
        return kind, ("true",), ("false",), ("false",)
    if kind == "flag":
        yes, no = dice.choice([("Yes", "No"), ("true", "false"), ("1", "0")])
        return kind, (yes,), (no,), ("",)
    return kind, ("1.0",), ("0.0",), ("",)


def _text(dice: random.Random, language: Language, structure: str) -> tuple[str, str, str]:
    encoding = dice.choices([*ENCODINGS, "own"], [40, 14, 8, 5, 3, 30])[0]
    if encoding == "own":
        encoding = dice.choice(language.encodings)
    line_end = dice.choices(LINE_ENDS, [35, 45, 8, 12])[0]
    return encoding, line_end, dice.choices(SEPARATORS, [45, 30, 18, 7])[0]


def negative_form(plan: Plan) -> str:
    """Return how less than zero is written in this export."""
    return NEGATIVE[plan.seed % len(NEGATIVE)]
