"""Files of owners, customers and costs as tables: taken where their ids are those of the leads, and their months are months."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from leadq.crm.reading.proposal.date_guess import best_named
from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.reading.proposal.heading_names import is_called
from leadq.crm.reading.proposal.tables.found_tables import Columns, FurtherTable, Tables, not_taken, said_of
from leadq.crm.reading.proposal.tables.table_links import Link, best_link
from leadq.crm.reading.values.words.owner_roles import role_of
from leadq.crm.storage.scratch_database import Connection, first_row, name

_HALF = 0.5
_SOME = 0.1
"""Share of rows of customers or campaigns that must be the leads'; older customers came before any lead."""
_NEARLY_ALL = 0.99
_MONTH = r"\d{4}-(0[1-9]|1[0-2])"


def _owners(connection: Connection, found: Tables, file: str, sample: Sample) -> Tables:
    of_leads = _mapped(found, "owner")
    if not of_leads:
        return not_taken(found, [file], "no column of the leads names their owner")
    keys = [one for one in sample.columns if one.filled == one.distinct == sample.rows]
    link = best_link(connection, found.leads.sample, of_leads, sample, keys)
    if link.share < _HALF:
        why = f"{of_leads[0].name} of the leads is in no column of it that names each row: export the column that is written alike"
        return not_taken(found, [file], why)
    columns: Columns = {"owner": (link.other,)}
    if manager := _manager(connection, sample, link.other):
        columns["manager"] = (manager,)
    _add(columns, sample, ("role", "team", "country"))
    if "role" not in columns:
        _add(columns, sample, ("title",))
        columns |= {"role": columns.pop("title")} if "title" in columns else {}
    _add(columns, sample, ("active_from", "active_to"), times=True)
    words = next((one.words for one in sample.columns if (one.name,) == columns.get("role")), ())
    if "role" in columns and not words:  # no role has so many words
        del columns["role"]
    values = {"role": {word: role_of(word) for word, _ in words}} if words else {}
    table = FurtherTable(table="owners", sample=sample, columns=columns, values=values)
    return _taken(
        found, file, table, f"{link.column} of the leads is its {link.other} in {link.share:.0%} of the filled rows"
    )


def _customers(connection: Connection, found: Tables, file: str, sample: Sample) -> Tables:
    theirs = [one for one in sample.columns if one.filled and _names_account(one)]
    accounts = next((one for one in found.further if one.table == "accounts"), None)
    link = best_link(connection, sample, theirs, found.leads.sample, _mapped(found, "account_id"))
    if accounts is not None:
        keys = [one for one in accounts.sample.columns if (one.name,) == accounts.columns["account_id"]]
        link = max(link, best_link(connection, sample, theirs, accounts.sample, keys), key=lambda one: one.share)
    if link.share < _SOME:
        return not_taken(found, [file], "no column of it has the accounts of the leads")
    columns: Columns = {"account_id": (link.column,)}
    _add(columns, sample, ("started_at", "ended_at"), times=True)
    _add_money(columns, sample, "revenue")
    if why := _add_month(connection, columns, sample, needed="started_at" not in columns):
        return not_taken(found, [file], why)
    table = FurtherTable(table="customers", sample=sample, columns=columns)
    return _taken(found, file, table, _ids_of(link, "the leads' accounts"))


def _campaign_costs(connection: Connection, found: Tables, file: str, sample: Sample) -> Tables:
    theirs = [one for one in sample.columns if one.filled and is_called("campaign", one.name)]
    link = best_link(connection, sample, theirs, found.leads.sample, _mapped(found, "campaign"))
    if link.share < _SOME:
        return not_taken(found, [file], "no column of it has the campaigns of the leads")
    return _costs(
        connection,
        found,
        file,
        FurtherTable(table="campaign_costs", sample=sample, columns={"campaign": (link.column,)}),
    )


def _sales_costs(connection: Connection, found: Tables, file: str, sample: Sample) -> Tables:
    return _costs(connection, found, file, FurtherTable(table="sales_costs", sample=sample, columns={}))


def _costs(connection: Connection, found: Tables, file: str, table: FurtherTable) -> Tables:
    _add_money(table.columns, table.sample, "cost")
    if "cost" not in table.columns:
        return not_taken(found, [file], "no column of it has numbers of costs")
    if why := _add_month(connection, table.columns, table.sample, needed=True):
        return not_taken(found, [file], why)
    return _taken(found, file, table, f"{table.columns['cost'][0]} by {table.columns['month'][0]}")


Step = Callable[[Connection, Tables, str, Sample], Tables]
PEOPLE_AND_MONEY: dict[str, Step] = {
    "owners": _owners,
    "customers": _customers,
    "campaign_costs": _campaign_costs,
    "sales_costs": _sales_costs,
}


def _taken(found: Tables, file: str, table: FurtherTable, why: str) -> Tables:
    return said_of(replace(found, further=(*found.further, table)), file, why)


def _mapped(found: Tables, contract: str) -> list[Column]:
    """Columns of the leads that are mapped to ``contract``."""
    return [one for one in found.leads.sample.columns if one.name in found.leads.mapping.get(contract, ())]


def _names_account(column: Column) -> bool:
    return is_called("account_id", column.name) or is_called("account_name", column.name)


def _ids_of(link: Link, whose: str) -> str:
    return f"its {link.column} has ids of {whose} in {link.share:.0%} of the filled rows"


def _manager(connection: Connection, sample: Sample, key: str) -> str:
    """Return the column that names each owner's manager as another owner; empty where there is none."""
    named = [one for one in sample.columns if one.filled and one.name != key and is_called("manager", one.name)]
    keys = [one for one in sample.columns if one.name == key]
    link = best_link(connection, sample, named, sample, keys)
    return link.column if link.share >= _HALF else ""


def _add(columns: Columns, sample: Sample, wanted: tuple[str, ...], *, times: bool = False) -> None:
    taken = {column for names in columns.values() for column in names}
    free = tuple(one for one in sample.columns if one.filled and (one.is_time or not times))
    for contract in wanted:
        if column := best_named(contract, free, taken):
            columns[contract] = (column.name,)
            taken.add(column.name)


def _add_money(columns: Columns, sample: Sample, contract: str) -> None:
    """Map an amount, and its currency where it is told."""
    taken = {column for names in columns.values() for column in names}
    numbers = tuple(one for one in sample.columns if one.filled and one.reading.kind == "number")
    if amount := best_named(contract, numbers, taken):
        columns[contract] = (amount.name,)
        _add(columns, sample, ("currency",))


def _add_month(connection: Connection, columns: Columns, sample: Sample, *, needed: bool) -> str:
    """Map the month; say why that cannot be where it is written otherwise, or missing although it is ``needed``."""
    taken = {column for names in columns.values() for column in names}
    column = best_named("month", tuple(one for one in sample.columns if one.filled), taken)
    if column is None:
        return "no column of it names the month" if needed else ""
    rows = connection.table(sample.whole).filter(f"{name(column.name)} IS NOT NULL")
    (months, filled) = first_row(
        rows.aggregate(f"count_true(regexp_full_match({name(column.name)}, '{_MONTH}')), count(*)")
    )
    if months < min(filled - 1, _NEARLY_ALL * filled):  # a line of totals is no month
        return f"its {column.name} is not written as 2026-09: export months so"
    columns["month"] = (column.name,)
    return ""
