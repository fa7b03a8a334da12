"""Which table each of several files is, by its name, its headings and its values, with the evidence; what is not known is not taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.reading.proposal.heading_names import is_called, plain_heading
from leadq.crm.reading.proposal.tables.contract_tables import contract_table
from leadq.crm.reading.values.words.folded_words import folded, unaccented
from leadq.crm.reading.values.words.outcome_words import flags, judge

Role: TypeAlias = Literal[
    "leads", "accounts", "opportunities", "touches", "owners", "customers", "campaign_costs", "sales_costs", "events", "dispositions",
    "field_history", "lead_aliases", "none",
]  # fmt: skip
ROLES: tuple[Role, ...] = (
    "leads", "accounts", "opportunities", "touches", "owners", "customers", "campaign_costs", "sales_costs",
)  # fmt: skip

BY_CONTRACT_ALONE: tuple[Role, ...] = ("events", "dispositions", "field_history", "lead_aliases")
"""Tables that only their names and headings tell (``contract_tables.py``)."""

_NAMED: dict[Role, str] = {
    "leads": r"\bleads?\b|interessent|prospect|piste|candidat|prospecto|liidi|potencjaln|лид|リード|线索",
    "accounts": r"\baccounts?\b|compan|organi[sz]ation|\bfirm|unternehmen|\bkunden\b|entreprise|\bcompte|empresa|\bcuenta|aziend|bedrij"
    r"|\bkonta\b|компани|取引先|公司|客户",
    "opportunities": r"opportunit|\bdeals?\b|verkaufschance|\bchance|\baffaire|oportunidad|negocio|trattativ|opportunita|oportunidade"
    r"|verkoopkans|szans|сделк|商談|商机",
    "touches": r"\btasks?\b|activit|\bcalls?\b|\bmeetings?\b|\bevents?\b|engagement|aktivitat|\baufgabe|anruf|\btermin|tache|appel"
    r"|actividad|tarea|llamada|attivita|atividade|tarefa|taak|taken\b|activiteit|zadani|aktywno|задач|活動|活动",
}
_NAMED |= {
    "owners": r"\busers?\b|\bowners?\b|\b(?:sales )?(?:reps?|team|people)\b|benutzer|nutzer|mitarbeiter|utilisateur|usuario|utenti"
    r"|utente|gebruiker|brugere?|uzytkown|пользовател|ユーザ|用户",
    "customers": r"customers?\b|\bclients?\b|\bkunden\b|subscription|\bmrr\b|revenue|umsatz|\bcontracts?\b|vertrag|abonnement|cliente"
    r"|klient|клиент|顧客|客户",
    "campaign_costs": r"cost|spend|budget|kosten|ausgaben|cout|depense|coste|gasto|costi|spesa|custo|uitgaven|koszt|расход|費用|费用",
    "sales_costs": r"cost|kosten|cout|coste|gasto|costi|spesa|custo|koszt|расход|費用|费用",
}
_TELLING: dict[Role, dict[str, int]] = {
    "leads": {"source": 1, "email": 1, "title": 1, "converted_deal": 2, "campaign": 1},
    "accounts": {"industry": 1, "employees": 1, "annual_revenue": 1, "domain": 1},
    "opportunities": {"amount": 2, "closed_at": 1, "planned_at": 1, "probability": 1},
    "touches": {"lead_ref": 1, "occurred_at": 1, "activity_kind": 1},
    "owners": {"role": 2, "team": 1, "manager": 1},
    "customers": {"month": 2, "revenue": 2, "started_at": 1, "ended_at": 2},
    "campaign_costs": {"campaign": 1, "month": 2, "cost": 2},
    "sales_costs": {"month": 2, "cost": 2},
}
_NEEDED: dict[Role, tuple[tuple[str, ...], ...]] = {
    "owners": (("role", "team", "manager"),),
    "customers": (("account_id", "account_name"), ("month", "ended_at", "started_at"), ("revenue", "ended_at")),
    "campaign_costs": (("campaign",), ("month",), ("cost",)),
    "sales_costs": (("month",), ("cost",)),
}
"""Columns without which a file is no such table, whatever it is named; one of each group must be there."""
_BY_NAME, _BY_OUTCOME, _LEAST, _AHEAD = 3, 2, 3, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRole:
    """What a file seems to be, and by what.

    Parameters
    ----------
    file : str
        Its name.
    role : Role
    evidence : str
        In plain words.
    likely : tuple of Role
        What else it may be: asked.
    """

    file: str
    role: Role
    evidence: str
    likely: tuple[Role, ...] = ()


def file_roles(samples: Mapping[str, Sample], answers: Mapping[str, str]) -> dict[str, FileRole]:
    """Return what each file is, by its name; one of them is the leads where any of them could be."""
    found = {file: _role(file, sample) for file, sample in samples.items()}
    for file in found:
        said = answers.get(f"file:{file}")
        if said in (*ROLES, "none"):
            role: Role = next((one for one in ROLES if one == said), "none")
            found[file] = FileRole(file=file, role=role, evidence="as answered")
    if not any(one.role == "leads" for one in found.values()):
        for file, one in found.items():
            if one.role == "opportunities":  # a company that keeps deals and no leads
                evidence = f"{one.evidence}; no other file has leads, so the deals are the leads"
                found[file] = FileRole(file=file, role="leads", evidence=evidence)
                break
    return _once(samples, found)


def _once(samples: Mapping[str, Sample], found: dict[str, FileRole]) -> dict[str, FileRole]:
    """Keep the largest file of each table; the others are named as not taken, with what to do."""
    sizes = {file: sample.total for file, sample in samples.items()}
    for role in (*ROLES, *BY_CONTRACT_ALONE):
        same = sorted((file for file, one in found.items() if one.role == role), key=lambda file: -sizes[file])
        for file in same[1:]:
            evidence = (
                f"looks like {role} too ({found[file].evidence}), and {same[0]} is larger; parts of one export are given as a pattern "
                "in quotes, such as 'leads-*.csv'"
            )
            found[file] = FileRole(file=file, role="none", evidence=evidence, likely=(role,))
    return found


def _role(file: str, sample: Sample) -> FileRole:
    for role in (*ROLES, *BY_CONTRACT_ALONE):
        if role == contract_table(sample):
            evidence = f"named {sample.file.path.name}, with all the columns that leadq's table of this name must have"
            return FileRole(file=file, role=role, evidence=evidence)
    weighed = {role: _weighed(role, sample) for role in ROLES}
    ordered = sorted(ROLES, key=lambda role: -weighed[role][0])
    best, second = ordered[0], ordered[1]
    evidence = ", ".join(weighed[best][1]) or "nothing in it says what it is"
    if weighed[best][0] < _LEAST:
        likely = tuple(role for role in ordered if weighed[role][0] > 0)
        return FileRole(file=file, role="none", evidence=f"too little says what it is: {evidence}", likely=likely)
    close = weighed[best][0] - weighed[second][0] < _AHEAD
    return FileRole(file=file, role=best, evidence=evidence, likely=(best, second) if close else ())


def _weighed(role: Role, sample: Sample) -> tuple[int, list[str]]:
    """Points for ``role`` and what gave them."""
    points, why = 0, []
    if not _has_needed(role, sample):
        return 0, []
    stem = unaccented(folded(plain_heading(sample.file.path.name.split(".")[0])))
    if re.search(_NAMED[role], stem):
        points, why = _BY_NAME, [f"named {sample.file.path.name}"]
    met = []
    for contract, weight in _TELLING[role].items():
        if column := next((one for one in sample.columns if is_called(contract, one.name) and one.filled), None):
            points += weight
            met.append(column.name)
    if met:
        why.append(f"has {', '.join(met[:4])}")
    outcome = next((one for one in sample.columns if _ends(one)), None)
    if role in ("leads", "opportunities") and outcome is not None:
        points += _BY_OUTCOME
        why.append(f"{outcome.name} has words of won and lost")
    if role not in ("leads", "opportunities", "touches") and outcome is not None:
        points -= _BY_OUTCOME
    if role == "sales_costs" and any(is_called("campaign", one.name) for one in sample.columns):
        return 0, []
    return points, why


def _has_needed(role: Role, sample: Sample) -> bool:
    filled = [one.name for one in sample.columns if one.filled]
    needed = _NEEDED.get(role, ())
    return all(any(is_called(one, heading) for one in group for heading in filled) for group in needed)


def _ends(column: Column) -> bool:
    """Whether a column has words of the end of a lead or a deal."""
    words = [word for word, _ in column.words]
    if not is_called("outcome", column.name) or flags(words):
        return False
    said = {judge(word) for word in words}
    return bool(said & {"won", "lost"})
