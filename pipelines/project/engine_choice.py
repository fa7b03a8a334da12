"""The engine that ``leadq.yaml`` names, opened for a project: DuckDB in the process, or Spark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from leadq.features.engine.duckdb_engine import open_engine
from leadq.foundation.installed.extras import install_words
from leadq.foundation.problems import ConfigError, Problem
from leadq.pipelines.project.project import Project

_UNITS = {"K": 1, "M": 2, "G": 3, "T": 4}


@contextmanager
def duckdb_engine(project: Project, *, spill: Path) -> Iterator[Any]:
    """Yield DuckDB within the project's bounds, whatever engine ``leadq.yaml`` names."""
    engine = project.settings.engine
    with open_engine(threads=engine.threads, memory_limit=engine.memory_limit, spill=spill) as backend:
        yield backend


@contextmanager
def project_engine(project: Project, *, spill: Path) -> Iterator[Any]:
    """Yield the Ibis backend that computes features.

    Parameters
    ----------
    project : Project
    spill : Path
        Folder for what does not fit memory; with Spark on several machines it must be one that all of them see.

    Raises
    ------
    ConfigError
        Spark is asked for and cannot be had.
    """
    engine = project.settings.engine
    if project.config.engine == "duckdb":
        with duckdb_engine(project, spill=spill) as backend:
            yield backend
        return
    if find_spec("pyspark") is None:
        raise ConfigError(
            Problem(
                where="leadq.yaml engine",
                rule="spark needs the extra spark",
                remedy=f"{install_words('spark')} It also needs Java 17. Or set engine: duckdb.",
            )
        )
    from leadq.features.engine.spark_engine import open_spark  # noqa: PLC0415  it needs pyspark

    asked = project.config.spark
    config = {"spark.driver.memory": java_size(engine.memory_limit), **asked.config}
    master = asked.master or f"local[{engine.threads}]"
    with open_spark(master=master, config=config, shared=spill / "spark") as backend:
        yield backend


def java_size(memory: str) -> str:
    """Return a size as Java writes it.

    Examples
    --------
    >>> java_size("2GB"), java_size("1.5 GiB")
    ('1907m', '1536m')
    """
    found = re.fullmatch(r"([\d.]+)\s?([KMGT])(i?)B", memory)
    if found is None:
        raise ValueError(f"{memory!r} is not a size with its unit")
    step = 1024 if found[3] else 1000
    return f"{int(float(found[1]) * step ** _UNITS[found[2]] / 1024**2)}m"
