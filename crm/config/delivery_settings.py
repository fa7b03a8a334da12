"""The ``deliver`` section of ``leadq.yaml``: the places that scores are delivered to, by name.

``deliver: {warehouse: {kind: postgres, database: warehouse, table: leadq.scores_now}, files: {kind: files, folder: delivered}}``.
Secrets are named here, never written. What a kind may say is its connector's to know. A connector that is installed and cannot be
loaded must not stop a night that needs it for nothing: its places stay unread, and are named when they are used.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from leadq.crm.connectors.connector import Connector, TargetSettings
from leadq.crm.connectors.registry import connector_of, installed_kinds
from leadq.foundation.problems import ConfigError, Problem
from leadq.foundation.suggestions import did_you_mean

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


class UnreadSettings(TargetSettings):
    """A place whose connector cannot be loaded, or failed over its settings; ``problem`` says why."""

    problem: Problem


def connector_for(to: TargetSettings) -> Connector[Any]:
    """Return the connector that opens a place.

    Raises
    ------
    ConfigError
        It could not be loaded, or not read what ``leadq.yaml`` says of the place.
    """
    if isinstance(to, UnreadSettings):
        raise ConfigError(to.problem)
    return connector_of(to.kind)


def settings_of_kinds(deliver: object) -> tuple[type[TargetSettings], ...]:
    """Return the settings classes of the kinds that a ``deliver`` section names and that can be loaded."""
    places = deliver.values() if isinstance(deliver, dict) else ()
    named = [place.get("kind") for place in places if isinstance(place, dict)]
    found = []
    for kind in (one for one in installed_kinds() if one in named):
        with suppress(ConfigError):
            found.append(connector_of(kind).settings)
    return tuple(found)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("must be a name of letters, digits, - and _, such as warehouse")
    return text


def _settings(written: object, info: ValidationInfo) -> TargetSettings:
    if isinstance(written, TargetSettings):
        return written
    if not isinstance(written, dict):
        raise ValueError("must say what kind of place it is, such as {kind: files, folder: delivered}")
    kind = written.get("kind")
    if not isinstance(kind, str) or kind not in installed_kinds():
        raise _unknown(kind)
    try:
        settings = connector_of(kind).settings
    except ConfigError as error:
        return UnreadSettings(kind=kind, problem=error.problems[0])
    try:
        return settings.model_validate(written, context=info.context)
    except ValidationError:
        raise
    except Exception as error:  # another package's code: the place is named when it is used
        rule = f"could not be read by its connector ({type(error).__name__})"
        remedy = "Install a version of its package that works, or remove the target from leadq.yaml."
        where = f"a place of the kind {kind} in leadq.yaml"
        return UnreadSettings(kind=kind, problem=Problem(where=where, rule=rule, remedy=remedy))


def _unknown(kind: object) -> ValidationError:
    kinds = installed_kinds()
    listed = ", ".join(kinds) or "none: leadq itself is not installed completely, pip install it again"
    said = "must say a kind" if not isinstance(kind, str) else f"must be a kind that is installed, not {kind!r}"
    hint = did_you_mean(kind, kinds) if isinstance(kind, str) else ""
    rule = PydanticCustomError("kind", f"{said} (installed are {listed}). {hint}".rstrip().replace("{", "{{"))
    where = () if not isinstance(kind, str) else ("kind",)
    return ValidationError.from_exception_data("deliver", [InitErrorDetails(type=rule, loc=where, input=kind)])


DeliverTo = Annotated[TargetSettings, PlainValidator(_settings)]
TargetName = Annotated[str, AfterValidator(_name)]
