"""``leadq crm setup <kind>``: a command for each connector that sets its places up, with the options that the connector declares.

A connector is imported when its kind is named, or when all are listed. Leaves out the work (``pipelines/crm/setup.py``).
"""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from leadq.foundation.problems import ConfigError, Problem, UsageError
from leadq.pipelines.cli.quiet_commands import Commands
from leadq.pipelines.cli.shared_options import HERE, Folder, Json, in_project

if TYPE_CHECKING:
    from leadq.crm.connectors.connector import Connector

_OUR_OPTIONS: dict[str, tuple[Any, Any]] = {
    "ctx": (typer.Context, inspect.Parameter.empty),
    "project": (Folder, HERE),
    "as_json": (Json, False),
}


class SetupCommands(TyperGroup):
    """The kinds that can be set up, as commands made when they are asked for."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override] # noqa: ARG002 - typer's own class
        """Return the kinds that can be set up; one that cannot be loaded is no command."""
        from leadq.crm.connectors.registry import installed_kinds

        return [kind for kind in installed_kinds() if _command_of(kind) is not None]

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override] # noqa: ARG002
        """Return the command of a kind; a connector that cannot be loaded is told when it is the one that was named."""
        from leadq.crm.connectors.registry import connector_of, installed_kinds, unknown_kind

        if cmd_name not in installed_kinds():
            raise UsageError(unknown_kind(cmd_name))
        with _aside():
            connector = connector_of(cmd_name)
        if (command := _command_of(cmd_name)) is None:
            remedy = f"There is nothing to create. How to set it up: {connector.guide or 'see its own package'}."
            raise UsageError(Problem(where=f"leadq crm setup {cmd_name}", rule="is not needed", remedy=remedy))
        return command


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedOptions:
    """Options that stand before the kind."""

    project: Path = HERE
    as_json: bool = False


setup_app = Commands(
    cls=SetupCommands,
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="Example: leadq crm setup --help",
)


@setup_app.callback()
def setup(ctx: typer.Context, folder: Folder = HERE, as_json: Json = False) -> None:
    """Prepare a CRM for scores: leadq's fields, and whatever else that kind needs. Each kind has its own options."""
    ctx.obj = SharedOptions(project=folder, as_json=as_json)


def _aside() -> AbstractContextManager[None]:
    """Keep what a connector prints when it is imported out of the answer."""
    from leadq.pipelines.console.output_streams import begin, libraries_aside

    begin()
    return libraries_aside(shown="--debug" in sys.argv)


def _command_of(kind: str) -> Any:
    from leadq.crm.connectors.connector import SetsUp
    from leadq.crm.connectors.registry import connector_of

    try:
        with _aside():
            connector = connector_of(kind)
    except ConfigError:
        return None
    if not isinstance(connector, SetsUp):
        return None
    app = Commands(rich_markup_mode=None, add_completion=False)
    app.command(name=kind, help=connector.setup_help)(_work_of(kind, connector))
    return typer.main.get_command(app)


def _work_of(kind: str, connector: Connector[Any]) -> Callable[..., None]:
    """Return a function whose parameters are the connector's options, and ours."""
    options: Any = connector.setup_options  # type: ignore[attr-defined]

    def work(ctx: typer.Context, project: Path, as_json: bool, **given: Any) -> None:
        from leadq.pipelines.crm.setup import set_up

        chosen = _chosen(options, given)
        of_all: SharedOptions = ctx.obj or SharedOptions()
        as_json = as_json or of_all.as_json
        in_project(
            of_all.project if project == HERE else project,
            f"crm setup {kind}",
            lambda opened, _: set_up(opened, connector, chosen, kind=kind, environment=dict(os.environ)),
            as_json=as_json,
        )

    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in ({**_options(options), **_OUR_OPTIONS}).items()
    ]
    work.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    work.__annotations__ = {one.name: one.annotation for one in parameters}
    return work


def _chosen(options: Any, given: dict[str, Any]) -> Any:
    """Return the options as the connector reads them.

    Raises
    ------
    UsageError
        It refuses a value.
    """
    from pydantic import ValidationError

    values = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    try:
        return options(**values)
    except ValidationError as error:
        raise UsageError(
            [
                Problem(
                    where=_flag(str(one["loc"][0]) if one["loc"] else "options"), rule=one["msg"], remedy="See --help."
                )
                for one in error.errors(include_url=False)
            ]
        ) from None


def _options(model: Any) -> dict[str, tuple[Any, Any]]:
    """Return annotation and default of each option, as typer reads them."""
    return {
        name: (
            Annotated[_as_typer(field.annotation), typer.Option(_flag(field.alias or name), help=field.description)],
            _default(field.get_default(call_default_factory=True)),
        )
        for name, field in model.model_fields.items()
    }


def _default(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _as_typer(annotation: Any) -> Any:
    return list[str] if annotation == tuple[str, ...] else annotation


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
