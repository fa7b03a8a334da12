"""Puts the rooms under ``leadq/`` in a wheel.

In a checkout ``leadq/`` holds relative links to the rooms, so that an editable install and every tool see ``leadq.<room>``.
A wheel gets the rooms themselves instead of the links. An editable wheel gets nothing: copies there would be stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RoomsUnderOneName(BuildHookInterface):  # type: ignore[type-arg, misc]
    """Adds each room of ``[tool.hatch.build.hooks.custom] rooms`` to a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the rooms; ``version`` is ``"standard"`` or ``"editable"``."""
        if self.target_name != "wheel" or version != "standard":
            return
        for room in self.config["rooms"]:
            for path in sorted((Path(self.root) / room).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
                    build_data["force_include"][str(path)] = f"leadq/{path.relative_to(self.root).as_posix()}"
