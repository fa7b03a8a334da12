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
from leadq.crm.connectors.registry import connector_of, installed_kinds, unfit, unknown_kind
from leadq.foundation.problems import ConfigError, LeadqError, Problem

UNKNOWN_KIND = "unknown_kind"
"""Type of the error where a kind is not installed; its context has the remedy."""
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
        raise ValueError("must say what kind of target it is, such as {kind: files, folder: delivered}")
    kind = written.get("kind")
    if not isinstance(kind, str) or kind not in installed_kinds():
        raise _unknown(kind)
    try:
        settings = connector_of(kind).settings
    except ConfigError as error:
        return UnreadSettings(kind=kind, problem=error.problems[0])
    try:
        read = settings.model_validate(written, context=info.context)
        named = read.databases_used
    except (ValidationError, KeyboardInterrupt):
        raise
    except LeadqError as error:
        return UnreadSettings(kind=kind, problem=error.problems[0])
    except BaseException as error:  # another package's code: the target is named when it is used
        return _unread(kind, f"failed to read the target's settings in leadq.yaml ({type(error).__name__})")
    if not (isinstance(named, tuple) and all(isinstance(name, str) for name in named)):
        return _unread(kind, "databases_used must return a tuple of names")
    return read


def _unread(kind: str, why: str) -> UnreadSettings:
    return UnreadSettings(kind=kind, problem=unfit(kind, why).problems[0])


def _unknown(kind: object) -> ValidationError:
    problem = unknown_kind(kind if isinstance(kind, str) else "")
    said = f"must be a kind that is installed, not {kind!r:.60}" if isinstance(kind, str) else "must have a kind"
    rule = PydanticCustomError(UNKNOWN_KIND, "{said}", {"said": said, "remedy": problem.remedy})
    where = ("kind",) if isinstance(kind, str) else ()
    return ValidationError.from_exception_data("deliver", [InitErrorDetails(type=rule, loc=where, input=kind)])


DeliverTo = Annotated[TargetSettings, PlainValidator(_settings)]
TargetName = Annotated[str, AfterValidator(_name)]
