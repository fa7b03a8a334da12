"""The option that plants faults into the simulated company; which there are stands in ``crm/simulated/faults/planted.py``."""

from __future__ import annotations

from typing import Annotated

import typer

Plant = Annotated[
    list[str] | None,
    typer.Option(
        "--plant", metavar="NAME", help="Plant a fault into the company; repeat it for more. list: names them."
    ),
]
