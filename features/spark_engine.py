"""Spark as the engine of the feature expressions: a session, and what it must do exactly as DuckDB does.

Ibis writes the SQL; where Spark means something else by the same words (an empty count, NaN, small letters), the SQL is put
differently here, so that an expression has one meaning. Tables that are used more than once are kept by the executors, on
disk where memory is short. Results leave as Parquet parts in a folder that driver and executors share: neither needs to hold
a whole result. Left out: what is computed. Imported only where ``engine: spark`` is set.
"""

from __future__ import annotations

import os
import re
import shutil
import string
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend
from ibis.backends.sql.compilers.base import NULL
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from pyspark.sql import DataFrame, SparkSession

from agreement.problems import ConfigError, Problem

PART_ROWS = 50_000
LOCAL = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "16",
}
"""Set where the master is ``local``; on a cluster they are the cluster's business."""
_SETTINGS = {
    "spark.app.name": "leadq",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    # text such as ${env:HOME} in a CRM is text: without this Spark puts the variable's value in its place
    "spark.sql.variable.substitute": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
}
_RENAMED = {"epoch_us": "unix_micros"}
"""Functions that an expression names as DuckDB does."""

_UNKNOWN_ESCAPES = re.compile("([\a\v\f])")
"""Letters that sqlglot writes as an escape that Spark does not know: it would read ``\\f`` as the letter f."""


class _Compiler(PySparkCompiler):  # type: ignore[misc]
    """Ibis' compiler for Spark, with DuckDB's meaning."""

    __slots__ = ()

    def visit_IsNull(self, op: Any, *, arg: Any) -> Any:  # noqa: ARG002, N802
        return arg.is_(NULL)  # NaN is not missing

    def visit_NotNull(self, op: Any, *, arg: Any) -> Any:  # noqa: ARG002, N802
        return sge.Not(this=arg.is_(NULL))

    def visit_CountStar(self, op: Any, *, arg: Any, where: Any) -> Any:  # noqa: N802
        if where is None:
            return super().visit_CountStar(op, arg=arg, where=where)
        return self.f.count(self.if_(where, 1, NULL))  # 0, not null, where no row counts

    def visit_Lowercase(self, op: Any, *, arg: Any) -> Any:  # noqa: ARG002, N802
        # letter by letter: else Spark makes two letters of a dotted capital I, and another sigma at the end of a word
        return self.f.lower(self.f.translate(arg, "\u0130\u03a3", "i\u03c3"))

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:  # noqa: ARG002, N802
        return self.f.anon.btrim(arg, self._text(string.whitespace))

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:  # noqa: N802
        if dtype.is_string() and _UNKNOWN_ESCAPES.search(value):
            return self._text(value)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def _text(self, value: str) -> Any:
        pieces = (piece for piece in _UNKNOWN_ESCAPES.split(value) if piece)
        return self.f.concat(
            *(self.f.anon.char(ord(piece)) if _UNKNOWN_ESCAPES.match(piece) else piece for piece in pieces)
        )

    def __sql_name__(self, op: Any) -> str:
        name: str = super().__sql_name__(op)
        return _RENAMED.get(name, name)


class SparkEngine(Backend):  # type: ignore[misc]
    """An Ibis backend on a Spark session that keeps tables for a while and gives Arrow.

    ``shared`` is a folder that driver and executors see under the same path; parts of results lie there until they are read.
    """

    compiler = _Compiler()

    def do_connect(self, session: SparkSession, *, shared: Path) -> None:
        """Take over a session."""
        super().do_connect(session)
        self.shared = shared
        self._folders = 0

    @property
    def session(self) -> SparkSession:
        """The Spark session."""
        found: SparkSession = self._session
        return found

    def frame(self, expression: ir.Table) -> DataFrame:
        """Return a table expression as a Spark data frame."""
        self._run_pre_execute_hooks(expression)
        return self.session.sql(self.compile(expression))

    def read_parquet(self, path: str | Path, /, *, table_name: str, **_: Any) -> ir.Table:
        """Open a file that driver and executors see."""
        self.session.read.parquet(Path(path).absolute().as_uri()).createOrReplaceTempView(table_name)
        return self.table(table_name)

    def create_table(self, name: str, /, obj: ir.Table, **_: Any) -> ir.Table:
        """Keep a table until the session ends: as parts, so that a plan built on it is no longer than itself."""
        frame, folder = self.frame(obj), self.new_folder(name)
        write_parts(frame, folder)
        kept = self.session.read.parquet(folder.absolute().as_uri()).toDF(*frame.columns)
        kept.createOrReplaceTempView(name)
        return self.table(name)

    def to_pyarrow(self, expr: ir.Expr, /, **_: Any) -> Any:
        """Collect a result, in the types that the expression names."""
        table = expr.as_table()
        schema = table.schema().to_pyarrow()
        return expr.__pyarrow_result__(pa.Table.from_batches(self.stream(table, rows=1 << 16), schema))

    def execute(self, expr: ir.Expr, /, **_: Any) -> Any:
        """Collect a result as pandas has it."""
        return expr.__pandas_result__(self.to_pyarrow(expr.as_table()).to_pandas())

    def stream(self, expression: ir.Table, *, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield a result, in its order, in batches of at most ``rows`` rows."""
        folder = self.new_folder("result")
        try:
            write_parts(self.frame(expression), folder)
            yield from read_parts(parts_of(folder), expression.schema().to_pyarrow(), rows=rows)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def new_folder(self, name: str) -> Path:
        """Return a folder that driver and executors see, not there yet; it goes with the session."""
        self._folders += 1
        return self.shared / f"{self._folders}-{name}"

    def _register_in_memory_table(self, op: Any) -> None:
        self.session.createDataFrame(op.data.to_pyarrow(op.schema)).createOrReplaceTempView(op.name)


def write_parts(frame: DataFrame, folder: Path) -> None:
    """Write a result as Parquet parts; their names are in the order of its rows. Columns are numbered: theirs may be any text."""
    numbered = frame.toDF(*(str(place) for place in range(len(frame.columns))))
    numbered.write.option("maxRecordsPerFile", PART_ROWS).parquet(folder.absolute().as_uri(), compression="zstd")


def parts_of(folder: Path) -> list[Path]:
    """Return the parts that :func:`write_parts` wrote, in the order of their rows."""
    return sorted(folder.glob("part-*"))


def read_parts(parts: Iterable[Path], schema: pa.Schema, *, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield what :func:`write_parts` wrote, under the names and types of ``schema``."""
    for part in parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(batch_size=rows):
                yield batch.rename_columns(schema.names).cast(schema)


@contextmanager
def open_spark(*, master: str, config: Mapping[str, str], shared: Path) -> Iterator[SparkEngine]:
    """Yield a Spark engine; the session ends with it.

    Parameters
    ----------
    master : str
        ``local[2]``, ``spark://host:7077``, ``yarn``, ``k8s://...``.
    config : mapping of str to str
        Further settings of Spark; they win over leadq's own, except those that results depend on.
    shared : Path
        Folder for parts of results, seen by driver and executors; emptied before and after.

    Raises
    ------
    ConfigError
        No session could be had.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # executors must run the same packages
    shutil.rmtree(shared, ignore_errors=True)
    shared.mkdir(parents=True)
    own = LOCAL | {"spark.local.dir": str(shared.absolute())} if master.startswith("local") else {}
    builder = SparkSession.builder.master(master)
    for name, value in {**own, **config, **_SETTINGS}.items():
        builder = builder.config(name, value)
    SparkEngine.register_options()
    engine = SparkEngine()
    try:
        engine.do_connect(builder.getOrCreate(), shared=shared)
    except Exception as error:  # pyspark raises whatever went wrong with Java, of no common kind
        raise ConfigError(
            Problem(
                where="leadq.yaml spark",
                rule=f"a Spark session must start at {master}",
                value=str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__,
                remedy="Install Java 17 (java on the PATH, or JAVA_HOME), check spark.master and spark.config, or take engine: duckdb.",
            )
        ) from error
    try:
        yield engine
    finally:
        engine.disconnect()
        shutil.rmtree(shared, ignore_errors=True)
