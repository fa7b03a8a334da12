"""``leadq.yaml`` as strict data: where a company's tables lie and how they become the contract's.

:func:`read_config` reports everything wrong at once, with lines. Whether the named columns exist is only known
with the files in hand and is checked by ``leadq.crm.reading``. Every scalar of the file is read as text, as written
(``won: [yes]`` is the word yes). The shape, in full and with comments, is ``crm/config/templates/leadq.yaml``.

- **Times**: a time with an offset is itself; one without is local to ``time_zone`` and an error where none is given. A
  date without a time is a day of ``time_zone`` (UTC where absent): ``created_at`` counts from its start, every other
  fact from its end, when it was surely known.
- **Columns**: a source column that bears a contract column's name is that column, unless ``columns`` says otherwise.
- **Values** are mapped before filters, joins and outcomes look at them; a pattern may end in ``*``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from leadq.crm.config.delivery_settings import UNKNOWN_KIND, settings_of_kinds
from leadq.crm.config.key_names import key_names
from leadq.crm.config.schema import EXTRA_COLUMNS, Config, Source
from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.storage.source_locations import NOT_SET, Misread
from leadq.foundation.problems import ConfigError, Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_reader import first_problems, read_yaml
from leadq.foundation.yaml_tree import Document, contents, shortened

__all__ = ["Config", "read_config"]
_COMMENTS = "The comments of leadq init's leadq.yaml show every key with its meaning."
_MOST_SHOWN, _MOST_RULE = 80, 600


def read_config(path: Path, *, environment: Mapping[str, str] | None = None) -> Config:
    """Read ``leadq.yaml``.

    Parameters
    ----------
    path : Path
    environment : mapping of str to str, optional
        What ``${NAME}`` and ``${NAME:-default}`` in paths and addresses stand for.

    Raises
    ------
    ConfigError
        All that is wrong, each with its line.
    """
    problems: list[Problem] = []
    document = read_yaml(path, missing="leadq init writes one to start from.", problems=problems)
    content = contents(document.root, keep_empty=True)
    for key, usual in (("store", "store"), ("agreement", "agreement.yaml")):
        content[key] = usual if content.get(key) is None else content[key]
    config: Config | None = None
    try:
        config = Config.model_validate(content, context={"environment": environment or {}, "folder": path.parent})
        problems += first_problems(_unknown_names(document, config), where=document.where)
    except ValidationError as error:
        known = key_names(Config, *settings_of_kinds(content.get("deliver")))
        rows = sorted(error.errors(include_url=False), key=lambda row: document.line(row["loc"]))
        problems += first_problems((_problem(document, row, known) for row in rows), where=document.where)
    if problems or config is None:
        raise ConfigError(problems)
    return config


def _problem(document: Document, row: Any, known: Collection[str]) -> Problem:
    """Turn one error of pydantic into a Problem with line and hint."""
    key: tuple[str | int, ...] = tuple(row["loc"])
    tags = {"opportunities", "lead_columns", "event_kinds"}
    named = (str(part) for i, part in enumerate(key) if not (i == 1 and key[0] == "outcome" and part in tags))
    shown = shortened(".".join(named), most=2 * _MOST_SHOWN)
    if row["type"] == "extra_forbidden":
        remedy = did_you_mean(str(key[-1]), known) + "The comments of leadq init's leadq.yaml show every key."
        return Problem(where=document.place(key), rule="unknown key", value=shown, remedy=remedy)
    if row["type"] in (NOT_SET, UNKNOWN_KIND):
        return Problem(where=f"{document.place(key)}: {shown}", rule=row["msg"], remedy=row["ctx"]["remedy"])
    if isinstance(row["input"], Misread):
        rule, remedy = f"{shown}: must be {row['input'].kind.words}", row["input"].kind.advice(row["input"].text)
        value = "" if _may_be_secret(key) else shortened(row["input"].text)
        return Problem(where=document.place(key), rule=rule, value=value, remedy=remedy)
    rule = str(row["msg"]).removeprefix("Value error, ")
    hidden = row["type"] == "missing" or _may_be_secret(key)
    value = "" if hidden or not isinstance(row["input"], str | int | float) else repr(str(row["input"])[:_MOST_SHOWN])
    return Problem(
        where=document.place(key),
        rule=shortened(f"{shown or 'leadq.yaml'}: {rule[:1].lower()}{rule[1:]}", most=_MOST_RULE),
        value=value,
        remedy=_COMMENTS,
    )


def _may_be_secret(key: tuple[str | int, ...]) -> bool:
    """Whether what was written there may be a password, a token or somebody's address, also one in a wrong place."""
    return key[:1] in (("databases",), ("deliver",), ("people",)) or (
        key[:2] == ("desk", "people") and key[-1] not in ("name", "role", "owner")
    )


def _databases_of(
    mapped: list[tuple[tuple[str, ...], str, Source]],
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Databases that sources and their joins name, and where."""
    for key, _, source in mapped:
        if source.database is not None:
            yield key, source.database
        for place, join in enumerate(source.join):
            if join.database is not None:
                yield (*key, "join", place), join.database


def _unknown_names(document: Document, config: Config) -> Iterator[Problem]:
    """Contract columns that do not exist, tracked fields without their entity, databases that are named nowhere."""
    mapped: list[tuple[tuple[str, ...], str, Source]] = []
    if config.sources is not None:
        mapped = [(("sources", table), table, source) for table, source in config.sources.items()]
    if config.flat is not None:
        mapped = [(("flat",), "leads", config.flat)]
    contract = {table: (*schema.names, *EXTRA_COLUMNS.get(table, ())) for table, schema in TABLES.items()}
    for key, table, source in mapped:
        for column in (one for one in source.columns if one not in contract[table]):
            yield Problem(
                where=document.place((*key, "columns", column)),
                rule=f"{table} has no contract column",
                value=shortened(column),
                remedy=did_you_mean(column, contract[table]) + "Own fields need no mapping.",
            )
    for field in config.tracked_since:
        if field.partition(".")[0] not in ("lead", "account") or "." not in field:
            yield Problem(
                where=document.place(("tracked_since", field)),
                rule="a tracked field is named lead.<field> or account.<field>",
                value=shortened(field),
                remedy="Write for example lead.authority: 2024-01-01.",
            )
    used: list[tuple[tuple[str | int, ...], str]] = [
        *_databases_of(mapped),
        *([(("score_table",), config.score_table.database)] if config.score_table else []),
    ]
    used += [(("deliver", target), name) for target, to in config.deliver.items() for name in to.databases_used]
    for used_in, name in used:
        if name not in config.databases:
            hint, said = did_you_mean(name, config.databases), shortened(name)
            yield Problem(
                where=document.place((*used_in, "database")),
                rule="a database must be named under databases",
                value=said,
                remedy=hint + "Add it: databases: {" + said + ': {url: "${DATABASE_URL}"}}.',
            )
