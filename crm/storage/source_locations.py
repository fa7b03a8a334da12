"""Where rows lie, as ``leadq.yaml`` says it: a file and how it is written, or a table or query of a database.

An address of a database may come from the environment, and a password must: it is neither kept in ``leadq.yaml`` nor
ever shown. Leaves out opening either (``crm/reading/sources/source_files.py``, ``crm/storage/postgres_transaction.py``).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from leadq.foundation.yaml_scalars import KINDS, Kind

NOT_SET = "variable_not_set"
"""Type of the error of a variable whose place says what to set it to: its context has that as ``remedy``."""
_INSIDE = r"((?:[^}$]|\$(?!\{))*)"
_VARIABLE = re.compile(rf"\$\{{(\w+)(?::-{_INSIDE}|:\?{_INSIDE})?\}}")
_MOST_ADDRESS = 4_000
"""Longest address, in characters."""
_SCHEMES = ("postgresql://", "postgres://")
_PASSWORD = re.compile(r"://[^@]*:[^@]+@|[?&](ssl)?password=[^&]", re.IGNORECASE)
"""A password between the user and the host of an address, or among its settings."""


BROKEN_BYTES_REPLACED = ":replace"
"""Ends an encoding of which bytes that are no text are read as the sign for an unknown letter."""
_NOT_OF_FILES = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "mbcs", "oem"})
"""Codecs of texts that no file is written in, by their names in Python."""


class Part(BaseModel):
    """A part of ``leadq.yaml``: no unknown keys, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, written: Any) -> Any:
        """Read texts where a number or a flag is wanted, as in every file of YAML; a known key without a value is absent."""
        if not isinstance(written, dict):
            return written
        found: dict[Any, Any] = {key: value for key, value in written.items() if isinstance(value, str | list | dict)}
        kinds = {field.alias or name: _kind(field.annotation) for name, field in cls.model_fields.items()}
        for key, kind in kinds.items():
            if kind is not None and key in found:
                text = found[key] if isinstance(found[key], str) else "several values"
                read = kind.read(text)
                found[key] = Misread(text=text, kind=kind) if read is None else read
        return {key: found.get(key, value) for key, value in written.items() if value is not None or key not in kinds}


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """A text where a number or a flag is wanted, and which is none: what an error of the field has as its input."""

    text: str
    kind: Kind


def _kind(annotation: Any) -> Kind | None:
    wanted = [inner for inner in (get_args(annotation) or (annotation,)) if inner is not type(None)]
    return KINDS.get(wanted[0]) if len(wanted) == 1 and wanted[0] in (bool, int, float) else None


def _filled(text: str, info: ValidationInfo) -> str:
    """Put the environment's values in the place of ``${NAME}``, ``${NAME:-default}`` and ``${NAME:?what to set it to}``."""
    environment: Mapping[str, str] = (info.context or {}).get("environment", {})

    def value(match: re.Match[str]) -> str:
        found = environment.get(match[1]) or match[2]
        if found is None and match[3]:
            told = {"name": match[1], "remedy": f"Set it to {' '.join(match[3].split())}"}
            raise PydanticCustomError(NOT_SET, "needs the variable {name}, which is not set", told)
        if found is None:
            raise ValueError(
                f"names the variable {match[1]}, which is not set and has no default (${{{match[1]}:-...}})"
            )
        return found

    return _VARIABLE.sub(value, text)


def _paths(written: object, info: ValidationInfo) -> Path | tuple[Path, ...]:
    """Read one path, or a list of the parts of one export."""
    if not isinstance(written, list | tuple):
        return written if isinstance(written, Path) else _path(written, info)
    if not written:
        raise ValueError("must be a path, or a list of at least one path")
    return tuple(part if isinstance(part, Path) else _path(part, info) for part in written)


def _path(text: object, info: ValidationInfo) -> Path:
    if not isinstance(text, str):
        raise ValueError("must be a path")
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / Path(_filled(text, info)).expanduser()


def _address(text: object, info: ValidationInfo) -> str:
    if not isinstance(text, str):
        raise ValueError("must be an address such as ${WAREHOUSE_URL}")
    if len(text) > _MOST_ADDRESS:
        raise ValueError(f"must be an address of at most {_MOST_ADDRESS:,} characters")
    written = _VARIABLE.sub(lambda match: match[2] or "", text)
    if _PASSWORD.search(written):
        raise ValueError(
            "holds a password, which must not stand in a file: take it, or the whole address, from the environment "
            "(url: ${WAREHOUSE_URL})"
        )
    address = _filled(text, info)
    if not address.startswith(_SCHEMES):
        raise ValueError("must be the address of a PostgreSQL database, postgresql://user@host/database")
    return address


def _separator(text: str) -> str:
    if len(text) != 1 or text in '\r\n\0"\\ ' or text.isalnum():
        raise ValueError(r'must be one character such as ";"; a tab is written "\t", in double quotes')
    return text


def _encoding(text: str) -> str:
    """Return ``text`` if it names a way of writing letters as bytes, perhaps with ``:replace``."""
    codec = text.strip().removesuffix(BROKEN_BYTES_REPLACED)
    try:
        known = codecs.lookup(codec)
        readable = known.name not in _NOT_OF_FILES and known._is_text_encoding
        known.incrementaldecoder().decode(b"")
    except (LookupError, TypeError, ValueError, UnicodeError, AttributeError):
        readable = False
    if not readable:
        raise ValueError("must be an encoding of text such as utf-8, cp1252, cp1251, cp932 or utf-16")
    return text.strip()


def _table(text: str) -> str:
    if not all(text.split(".")) or text.count(".") > 1 or "\0" in text:
        raise ValueError("must be a table, or schema.table")
    return text


FilePath = Annotated[Path, BeforeValidator(_path)]
TableName = Annotated[str, AfterValidator(_table)]


class Database(Part):
    """A database, named once and used by any number of sources."""

    url: Annotated[SecretStr, BeforeValidator(_address)]


class Place(Part):
    r"""A file and how it is written (``path``), or rows of a database (``table`` or ``query``).

    ``path`` is a file, a pattern such as ``deals-*.csv``, a file inside a ZIP (``export.zip/Lead.csv``) or a list of these: the
    parts of one export. What is not given is found: ``format`` by name and content, ``encoding``, ``separator``, ``quote``,
    ``quote_escape`` (``"\\"`` where a quote inside a text is written ``\\"``) and ``header_line`` by the content. ``sheet`` names a
    sheet of a workbook.
    """

    path: Annotated[Path | tuple[Path, ...], BeforeValidator(_paths)] | None = None
    format: Literal["csv", "parquet", "jsonl", "json", "xlsx", "zip"] | None = None
    separator: Annotated[str, AfterValidator(_separator)] | None = None
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    quote: Literal['"', "'"] | None = None
    quote_escape: Literal['"', "\\"] | None = None
    header_line: int | None = Field(default=None, ge=1, le=10_000)
    sheet: str | None = None
    decimal: Literal[".", ","] = "."
    database: str | None = None
    table: TableName | None = None
    query: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Place:
        if (self.path is None) == (self.database is None):
            raise ValueError("must name either path, or database with table or query")
        if self.database is None and (self.table or self.query):
            raise ValueError("names a table or query, so it must name its database too, and no path")
        if self.database is not None:
            if (self.table is None) == (self.query is None):
                raise ValueError("names a database, so it must name either a table or a query")
            if wrong := sorted({*_OF_FILES} & self.model_fields_set):
                raise ValueError(f"{wrong[0]} says how a file is written; a database needs none")
        return self

    @property
    def kind(self) -> Literal["file", "table", "query"]:
        """What it is, to a person."""
        return "file" if self.path is not None else "table" if self.table is not None else "query"

    @property
    def title(self) -> str:
        """What a person calls it: the file's name, or the database and its table."""
        if isinstance(self.path, tuple):
            return ", ".join(part.name for part in self.path[:_MOST_TITLES]) + (
                " ..." if len(self.path) > _MOST_TITLES else ""
            )
        if self.path is not None:
            return self.path.name
        return f"{self.database} table {self.table}" if self.table is not None else f"{self.database} query"

    def as_file(self, path: Path | tuple[Path, ...]) -> FileFormat:
        """Return the file to read: this one, or the Parquet file ``path`` that its rows were fetched into."""
        parts = path if isinstance(path, tuple) else (path,)
        written = {key: getattr(self, key) for key in _OF_FILES}
        if self.path is None:
            written["format"] = "parquet"
        return FileFormat.model_construct(path=parts[0], more=parts[1:], decimal=self.decimal, **written)


class FileFormat(Place):
    """A file and how it is written; ``more`` are further parts of the same export."""

    path: FilePath
    more: tuple[Path, ...] = ()


_OF_FILES = ("format", "separator", "encoding", "quote", "quote_escape", "header_line", "sheet")
"""What says how a file is written."""
_MOST_TITLES = 3


class ScoreTable(Part):
    """The table of a database that takes each night's scores."""

    database: str
    table: TableName
