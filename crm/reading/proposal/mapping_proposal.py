"""A first ``leadq.yaml`` for a file nobody has described yet: guesses by name and content, each with its reason.

What cannot be guessed is left as a comment to fill in. With a creation date and a closing date the file is mapped
as dated leads, else as a flat file. Nothing is judged here; ``leadq check`` does that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.reading.proposal.file_sample import Column, Sample, take_sample
from leadq.crm.storage.scratch_database import open_engine
from leadq.foundation.plurals import counted

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
_DATED = ("lead_id", "created_at", "closed_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    """What the columns seem to be: contract column to file column, the outcome, and the id where it is not unique."""

    mapping: dict[str, str]
    outcome: Column | None
    repeated_id: Column | None

    @property
    def dated(self) -> bool:
        return all(column in self.mapping for column in _DATED)


def propose_mapping(path: Path) -> str:
    """Return the text of a commented ``leadq.yaml`` for the leads in ``path``.

    Raises
    ------
    InputError
        The file cannot be read, or its first line is no header.
    """
    with TemporaryDirectory() as folder, open_engine(Path(folder)) as connection:
        sample = take_sample(connection, path.resolve(), Path(folder))
    outcome = _outcome(sample.columns)
    mapping = _mapping(sample, outcome)
    repeated = None
    if "lead_id" not in mapping and {"created_at", "closed_at"} <= mapping.keys():
        repeated = next((column for column in sample.columns if _is_called("lead_id", column)), None)
        mapping = {"lead_id": repeated.name, **mapping} if repeated else mapping
    return _write(sample, _Guess(mapping=mapping, outcome=outcome, repeated_id=repeated))


def _is_called(contract: str, column: Column) -> bool:
    return re.fullmatch(_NAMES[contract], _plain(column.name)) is not None


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"([a-z])([A-Z])", r"\1_\2", column).lower()).strip("_")


def _outcome(columns: tuple[Column, ...]) -> Column | None:
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


def _mapping(sample: Sample, outcome: Column | None) -> dict[str, str]:
    """Contract column to file column."""
    found: dict[str, str] = {}
    for contract in _NAMES:
        for column in sample.columns:
            if column is outcome or column.name in found.values():
                continue
            fits = {
                "lead_id": column.filled == sample.rows and column.distinct == sample.rows,
                "created_at": column.is_time,
                "closed_at": column.is_time,
            }.get(contract, True)
            if _is_called(contract, column) and fits:
                found[contract] = column.name
                break
    return found


def _write(sample: Sample, guess: _Guess) -> str:
    dated, outcome = guess.dated, guess.outcome
    won, lost, other = _words(outcome, flat=not dated)
    lines = [
        f"# Proposed by leadq init from {_shown(sample.file.path.name)}. Read every line; what is wrong here is wrong in every score.",
        "store: store",
        "agreement: agreement.yaml",
        "playbook: playbook.yaml",
        *_time_zone(sample),
    ]
    lines += (
        ["sources:", "  leads:"]
        if dated
        else ["flat:  # no id, creation and closing date found: only the order of rows is used"]
    )
    indent = "    " if dated else "  "
    lines += [indent + line for line in _file_lines(sample)]
    kept = {new: old for new, old in guess.mapping.items() if dated or new not in ("created_at", "closed_at")}
    if kept:
        lines.append(f"{indent}columns:")
        lines += [f"{indent}  {new}: {_quoted(old)}{_doubt(new, guess, sample)}" for new, old in kept.items()]
    left = [column.name for column in sample.columns if column is not outcome and column.name not in kept.values()]
    same = [column for column in left if column.lower() in TABLES["leads"].names]
    own = ", ".join(_shown(column) for column in left if column not in same)
    lines.append(f"{indent}# own fields taken: {own or 'none'}")
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


def _time_zone(sample: Sample) -> list[str]:
    naive = [column.name for column in sample.columns if column.is_time and column.naive]
    asked = "has times without an offset: where were they taken? Europe/Amsterdam?"
    return [f"time_zone: UTC  # {_shown(naive[0])} {asked}"] if naive else []


def _file_lines(sample: Sample) -> list[str]:
    """How the file is written."""
    file = sample.file
    lines = [f"path: {_quoted(str(file.path))}"]
    if len(sample.columns) == 1:
        lines.append("# only one column was found: is a title above the header, or the separator another one?")
    if file.separator not in (None, ","):
        lines.append(f"separator: {_quoted(str(file.separator))}")
    if file.encoding != "utf-8":
        lines.append(f"encoding: {file.encoding}")
    if file.decimal != ".":
        lines.append(f"decimal: {_quoted(file.decimal)}")
    if sample.time_format is not None:
        doubt = "  # or is the month first? %m/%d fits as well" if sample.month_first else ""
        lines.append(f"time_format: {_quoted(sample.time_format)}{doubt}")
    return lines


def _doubt(contract: str, guess: _Guess, sample: Sample) -> str:
    column = guess.repeated_id
    if contract != "lead_id" or column is None:
        return ""
    values, rows = counted(column.distinct, "value"), counted(sample.rows, "row")
    return f"  # not an id for each row: {values} in {rows}; fix the export"


def _words(outcome: Column | None, *, flat: bool) -> tuple[list[str], list[str], list[str]]:
    words = outcome.words if outcome else ("won", "lost")
    won = [word for word in words if _WON.match(word)]
    rest = [word for word in words if word not in won]
    lost = [word for word in rest if _LOST.match(word)]
    if flat and not lost and len(rest) == 1:
        lost = rest
    return won, lost, [word for word in rest if word not in lost]


def _quoted(value: str) -> str:
    """Return ``value`` as a double-quoted YAML text, whatever characters are in it."""
    escaped = {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(escaped.get(c, c if c.isprintable() else f"\\U{ord(c):08X}") for c in value) + '"'


def _shown(value: str) -> str:
    """Return ``value`` as it may stand in a comment: on one line."""
    return value if value.isprintable() else _quoted(value)


def _list(words: list[str]) -> str:
    return "[" + ", ".join(_quoted(word) for word in words) + "]"
