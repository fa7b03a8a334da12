"""What a file of leads says of the company of each: industry, size and country, which are fields of accounts in leadq's tables.

The rows of a company may differ. Then the newest row counts where the leads have dates; without dates its fields stay the lead's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leadq.crm.reading.proposal.date_guess import best_named
from leadq.crm.reading.proposal.file_sample import Sample
from leadq.crm.storage.scratch_database import Relation, first_row, name

FIELDS = ("industry", "employees", "annual_revenue", "domain")
_MAIN = ("industry", "employees", "annual_revenue")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFields:
    """Columns of a file of leads that are fields of its accounts.

    Parameters
    ----------
    key : str
        Column with the id of the account; that of the lead where no company is named. Empty where there are no such fields.
    fields : dict
        Contract column of accounts to column of the file.
    of_leads : bool
        Every lead is an account of its own.
    alike : bool
        All rows of an account say the same.
    """

    key: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    of_leads: bool = False
    alike: bool = True

    @property
    def used(self) -> tuple[str, ...]:
        """Columns of the lead that are read as its account's."""
        return tuple(column for contract, column in self.fields.items() if contract != "country")


def account_fields(
    rows: Relation, sample: Sample, mapping: Mapping[str, tuple[str, ...]], taken: set[str]
) -> AccountFields:
    """Return the fields of accounts among the columns of leads; none where neither company nor lead has an id."""
    free, found = set(taken), {}
    for contract in FIELDS:
        if column := best_named(contract, sample.columns, free):
            found[contract] = column.name
            free.add(column.name)
    key = mapping.get("account_id") or mapping.get("lead_id")
    if key is None or not set(_MAIN) & set(found):
        return AccountFields()
    if "account_id" not in mapping:
        found.pop("domain", None)
    if "country" in mapping:
        found["country"] = mapping["country"][0]
    of_leads = "account_id" not in mapping
    return AccountFields(
        key=key[0], fields=found, of_leads=of_leads, alike=of_leads or _alike(rows, key[0], list(found.values()))
    )


def _alike(rows: Relation, key: str, columns: list[str]) -> bool:
    """Whether all rows of a company agree in ``columns``."""
    tests = " OR ".join(f"min({name(one)}) IS DISTINCT FROM max({name(one)})" for one in columns)
    by_key = rows.filter(f"{name(key)} IS NOT NULL").aggregate(f"{name(key)}, {tests} AS differs", name(key))
    return not first_row(by_key.aggregate("coalesce(bool_or(differs), false)"))[0]
