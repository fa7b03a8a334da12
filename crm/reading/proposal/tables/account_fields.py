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
_MOST_DIFFERING = 0.1
"""Share of companies of which rows may differ; from more on the column says something of the lead."""
_MAIN = ("industry", "employees", "annual_revenue")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFields:
    """Columns of a file of leads that are fields of its accounts.

    Parameters
    ----------
    key : str
        Column with the id of the account. Empty where there are no such fields.
    fields : dict
        Contract column of accounts to column of the file.
    alike : bool
        All rows of an account say the same.
    """

    key: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    alike: bool = True

    @property
    def used(self) -> tuple[str, ...]:
        """Columns of the lead that are read as its account's."""
        return tuple(column for contract, column in self.fields.items() if contract != "country")


def account_fields(
    rows: Relation, sample: Sample, mapping: Mapping[str, tuple[str, ...]], taken: set[str]
) -> AccountFields:
    """Return the fields of accounts among the columns of leads; none where no company is named: they stay the lead's own then."""
    free, found = set(taken), {}
    for contract in FIELDS:
        if column := best_named(contract, sample.columns, free):
            found[contract] = column.name
            free.add(column.name)
    key = mapping.get("account_id")
    if key is None or not set(_MAIN) & set(found):
        return AccountFields()
    if "country" in mapping:
        found["country"] = mapping["country"][0]
    differ = _differing(rows, key[0], list(found.values()))
    of_account = {contract: column for contract, column in found.items() if differ[column].known <= _MOST_DIFFERING}
    if not set(_MAIN) & set(of_account):
        return AccountFields()
    alike = not any(differ[column].written for column in of_account.values())
    return AccountFields(key=key[0], fields=of_account, alike=alike)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Differing:
    """Companies with several rows that differ in a column, in [0, 1]: in what is known, or in how it is written and whether it is."""

    known: float
    written: float


def _differing(rows: Relation, key: str, columns: list[str]) -> dict[str, _Differing]:
    """Compare the rows of each company, column by column; capitals and blanks around are no difference in what is known."""
    tests = [
        f"min(trim(lower({name(one)}))) <> max(trim(lower({name(one)}))) AS known_{at}, "
        f"count(DISTINCT {name(one)}) > 1 OR count({name(one)}) NOT IN (0, count(*)) AS written_{at}"
        for at, one in enumerate(columns)
    ]
    by_key = rows.filter(f"{name(key)} IS NOT NULL").aggregate(f"count(*) AS n, {', '.join(tests)}", name(key))
    counts = [f"count_true(known_{at}), count_true(written_{at})" for at in range(len(columns))]
    several, *differ = first_row(by_key.filter("n > 1").aggregate(f"count(*), {', '.join(counts)}"))
    shares = [float(number / several) if several else 0.0 for number in differ]
    return {column: _Differing(known=shares[2 * at], written=shares[2 * at + 1]) for at, column in enumerate(columns)}
