"""Secrets: named in ``leadq.yaml``, kept in the environment or in a file that only its owner can read, shown nowhere."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

from leadq.foundation.problems import ConfigError, Problem

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def _reference(text: object) -> str:
    if not isinstance(text, str) or not (_VARIABLE.fullmatch(text) or "/" in text):
        raise ValueError(
            "must come from the environment, as ${CRM_SECRET}, or be the path of a file that only its owner can read; "
            "a secret must never be written in this file"
        )
    return text


Reference = Annotated[str, BeforeValidator(_reference)]
"""How ``leadq.yaml`` names a secret: ``${NAME}``, or the path of a file."""


def secret(name: str, written: str, *, environment: Mapping[str, str]) -> str:
    """Return a secret from the environment (``${NAME}``) or from a file that only its owner can read.

    Parameters
    ----------
    name : str
        What it is, for messages.
    written : str
        ``${NAME}`` or the path of a file.
    environment : mapping of str to str

    Raises
    ------
    ConfigError
        The variable is not set, the file cannot be read or others can read it. What was written is not shown: it might be the
        secret itself.
    """
    if match := _VARIABLE.fullmatch(written):
        found = environment.get(match[1], "").strip()
        if found:
            return found
        raise ConfigError(Problem(where=name, rule=f"names {match[1]}, which is not set", remedy=f"Set {match[1]}."))
    remedy = f"Write ${{NAME}}, or the path of a file with mode 600 that holds the {name} alone."
    try:
        path = Path(written).expanduser()
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) or mode & 0o077:
            raise ConfigError(Problem(where=name, rule="must be in a file that only its owner can read", remedy=remedy))
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError, RuntimeError):
        raise ConfigError(Problem(where=name, rule="must be readable", remedy=remedy)) from None
    if not found:
        raise ConfigError(Problem(where=name, rule="must not be empty", remedy=remedy))
    return found
