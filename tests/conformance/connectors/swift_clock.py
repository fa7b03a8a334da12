"""A clock that runs many times as fast as the wall's, the same in every process, so that waits of minutes pass in a second."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.serving.delivery.company import NIGHT

SPEED = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SwiftClock:
    """``began``: when it showed :data:`tests.serving.delivery.company.NIGHT`, in seconds since 1970."""

    began: float

    def now(self) -> datetime:
        return NIGHT.astimezone(UTC) + timedelta(seconds=(time.time() - self.began) * SPEED)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)
