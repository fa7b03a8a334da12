"""A first ``leadq.yaml`` for a file nobody has described yet: guesses by name and content, each with its reason.

What cannot be guessed is left as a comment to fill in. With a creation date and a closing date the file is mapped
as dated leads, else as a flat file. Nothing is judged here; ``leadq check`` does that.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from agreement.problems import InputError
from crm.config_schema import FileFormat
from crm.reading.engine import Connection, first_row, name, open_engine
from crm.reading.files import FORMATS, FileProblem, Loaded, load, read_header
from crm.reading.times import TimeReading
from crm.schemas import TABLES

_SAMPLE = 20_000
_WON = re.compile(r"(?i)^(closed[ _-]?)?(won|yes|y|true|1|converted|customer|success|approved|gewonnen|ja|oui)$")
_LOST = re.compile(
    r"(?i)^(closed[ _-]?)?(lost|no|n|false|0|disqualified|unqualified|rejected|declined|cancelled|verloren|nein|nee|non)$"
)
_NAMES: dict[str, str] = {
    "lead_id": r"(lead|opportunity|deal|record|case)?_?(id|key|number|guid)",
    "created_at": r"(date_?)?(created?|creation|opened|open|engage|entered|registered|reg|submitted)(_?(at|date|on|time))?",
    "closed_at": r"(date_?)?(closed?|decision|decided|converted|end|won)(_?(at|date|on|time))?",
    "account_id": r"(account|company|organi[sz]ation|customer)(_?(id|name))?",
    "source": r"(lead_?)?source",
    "owner": r"(sales_?)?(owner|agent|rep)(_?(id|name))?",
    "email": r"(e_?mail|contact_?email|email_?address)",
    "title": r"(job_?)?title",
    "country": r"country(_?code)?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column of the sample: counts of non-null values, and the commonest ones where they are few."""

    name: str
    filled: int
    distinct: int
    times: int
    naive: int
    words: tuple[str, ...]

    @property
    def is_time(self) -> bool:
        return self.filled > 0 and self.times >= 0.99 * self.filled


def propose_mapping(path: Path) -> str:
    """Return the text of a commented ``leadq.yaml`` for the leads in ``path``.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    with TemporaryDirectory() as folder, open_engine(Path(folder)) as connection:
        file, loaded = _load(connection, path.resolve(), Path(folder))
        rows = connection.table(loaded.table)
        total = int(first_row(rows.aggregate(f"least(count(*), {_SAMPLE})"))[0])
        columns = [_look(connection, loaded, column) for column in loaded.columns]
    outcome = _outcome(columns)
    mapping = _mapping(columns, outcome, total)
    return _write(file, columns, mapping, outcome)


def _load(connection: Connection, path: Path, scratch: Path) -> tuple[FileFormat, Loaded]:
    """Stage the file as UTF-8, else as cp1252, which reads every byte."""
    problem = None
    for encoding in ("utf-8", "cp1252"):
        table = f"sample_{encoding.replace('-', '')}"
        try:
            separator = None
            if FORMATS.get(Path(path.name.removesuffix(".gz")).suffix.lower()) == "csv" and path.is_file():
                _, separator = read_header(path, encoding=encoding, separator=None)
            file = FileFormat.model_construct(path=path, encoding=encoding, separator=separator, format=None)
            return file, load(connection, file, table, scratch=scratch)
        except FileProblem as stopped:
            problem = problem or stopped.problem
        except UnicodeDecodeError:
            continue
    raise InputError([problem] if problem else [])


def _look(connection: Connection, loaded: Loaded, column: str) -> _Column:
    sample = connection.table(loaded.table).limit(_SAMPLE)
    times = TimeReading(time_zone=None, time_format=None, read_at=datetime(2000, 1, 1, tzinfo=UTC))
    given = name(column)
    facts = first_row(
        sample.aggregate(
            f"count({given}), count(DISTINCT {given}), count({times.moment(given, starts_day=True)}), "
            f"count_if({given} IS NOT NULL AND {times.naive(given)})"
        )
    )
    words: list[str] = []
    if facts[1] <= 12:
        counted = sample.filter(f"{given} IS NOT NULL").aggregate(f"{given} AS w, count(*) AS n")
        words = [str(word) for word, _ in counted.order("n DESC, w").fetchall()]
    return _Column(
        name=column, filled=facts[0], distinct=facts[1], times=facts[2], naive=facts[3] or 0, words=tuple(words)
    )


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"([a-z])([A-Z])", r"\1_\2", column).lower()).strip("_")


def _outcome(columns: list[_Column]) -> _Column | None:
    """Find the column with the likeliest won and lost words; of equals the last one, where exports put it."""
    told = re.compile(r"(^|_)(y|outcome|target|label|status|stage|won|converted|result)($|_)")
    best, best_rank = None, 0
    for column in columns:
        won = any(_WON.match(word) for word in column.words)
        lost = any(_LOST.match(word) for word in column.words)
        strong = any("won" in word.lower() or "convert" in word.lower() for word in column.words)
        rank = (won + lost) * (1 + 2 * bool(told.search(_plain(column.name))) + 2 * strong) if won else 0
        if rank and rank >= best_rank:
            best, best_rank = column, rank
    return best


def _mapping(columns: list[_Column], outcome: _Column | None, total: int) -> dict[str, str]:
    """Contract column to file column."""
    found: dict[str, str] = {}
    for contract, pattern in _NAMES.items():
        for column in columns:
            if column is outcome or column.name in found.values():
                continue
            named = re.fullmatch(pattern, _plain(column.name)) is not None
            fits = {
                "lead_id": column.filled == total and column.distinct == total,
                "created_at": column.is_time,
                "closed_at": column.is_time,
            }.get(contract, True)
            if named and fits:
                found[contract] = column.name
                break
    return found


def _write(file: FileFormat, columns: list[_Column], mapping: dict[str, str], outcome: _Column | None) -> str:
    dated = {"lead_id", "created_at", "closed_at"} <= mapping.keys()
    won, lost, other = _words(outcome, flat=not dated)
    lines = [
        f"# Proposed by leadq init from {file.path.name}. Read every line; what is wrong here is wrong in every score.",
        "store: store",
        "agreement: agreement.yaml",
    ]
    naive = [column.name for column in columns if column.is_time and column.naive]
    if naive:
        lines.append(
            f"time_zone: UTC  # {naive[0]} has times without an offset: where were they taken? Europe/Amsterdam?"
        )
    indent = "    " if dated else "  "
    lines += (
        ["sources:", "  leads:"]
        if dated
        else ["flat:  # no id, creation and closing date found: only the order of rows is used"]
    )
    lines.append(f"{indent}path: {_quoted(str(file.path))}")
    if file.separator not in (None, ","):
        lines.append(f"{indent}separator: {_quoted(str(file.separator))}")
    if file.encoding != "utf-8":
        lines.append(f"{indent}encoding: {file.encoding}")
    kept = {new: old for new, old in mapping.items() if dated or new not in ("created_at", "closed_at")}
    if kept:
        lines.append(f"{indent}columns:")
        lines += [f"{indent}  {new}: {_quoted(old)}" for new, old in kept.items()]
    left = [column.name for column in columns if column is not outcome and column.name not in kept.values()]
    same = [column for column in left if column.lower() in TABLES["leads"].names]
    lines.append(f"{indent}# own fields taken: {', '.join(column for column in left if column not in same) or 'none'}")
    if same:
        lines.append(f"{indent}# read as leadq's columns of that name (own_fields.rename: else): {', '.join(same)}")
    column = (
        _quoted(outcome.name) if outcome else "outcome  # no column with words like won and lost was found: name it"
    )
    if dated:
        lines += ["outcome:", "  from: lead_columns", f"  column: {column}"]
    else:
        lines.append(f"  outcome: {column}")
    lines += [f"  won: {_list(won)}", f"  lost: {_list(lost)}"]
    if other:
        lines.append(f"  open: {_list(other)}  # check these")
    return "\n".join(lines) + "\n"


def _words(outcome: _Column | None, *, flat: bool) -> tuple[list[str], list[str], list[str]]:
    words = outcome.words if outcome else ("won", "lost")
    won = [word for word in words if _WON.match(word)]
    rest = [word for word in words if word not in won]
    lost = [word for word in rest if _LOST.match(word)]
    if flat and not lost and len(rest) == 1:
        lost = rest
    return won, lost, [word for word in rest if word not in lost]


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(words: list[str]) -> str:
    return "[" + ", ".join(_quoted(word) for word in words) + "]"
