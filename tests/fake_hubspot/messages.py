"""HubSpot's way of refusing."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer, no failure
    """A refusal of the whole call."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(f"{status} {category}: {message}")
        self.status, self.category, self.message, self.more = status, category, message, more

    def document(self) -> dict[str, Any]:
        """Return the body."""
        return error(self.category, self.message, correlationId="c0ffee", **self.more)


def error(category: str, message: str, **more: Any) -> dict[str, Any]:
    """Return an error as it stands in a body or among the errors of a batch."""
    return {"status": "error", "message": message, "category": category, **more}
