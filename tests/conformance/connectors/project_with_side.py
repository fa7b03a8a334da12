"""A project whose ``leadq.yaml`` names a far side, with a champion and a committed night: what a delivery from it says and leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadq.foundation.problems import LeadqError
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.delivery.deliver import Asked, deliver_scores
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.project.project import Project, open_project
from leadq.serving.delivery.deliver import Wish
from tests.conformance.connectors.far_side import FarSide
from tests.pipelines.delivery.test_deliver import _commit, champion
from tests.serving.delivery.company import NIGHT

WRONG = "wr0ng-s3cret"


@dataclass(slots=True, kw_only=True)
class SideProject:
    """See the module; ``told`` is all that was ever said, for people and machines, with errors and what caused them."""

    folder: Path
    side: FarSide
    told: list[str] = field(default_factory=list)

    @classmethod
    def made(cls, folder: Path, side: FarSide, leads: list[dict[str, Any]]) -> SideProject:
        """Make the project and commit a night with these rows."""
        init(folder, source=None)
        with (folder / "leadq.yaml").open("a", encoding="utf-8") as handle:
            handle.write(f"\n{side.leadq_yaml()}")
        champion(folder)
        _commit(folder, leads)
        return cls(folder=folder, side=side)

    def environment(self, *, wrong: bool = False) -> dict[str, str]:
        """Return the environment with the side's secret, or a wrong one."""
        secrets = (*self.side.secrets, "", "")
        return {"FAR_SIDE_SECRET": WRONG if wrong else secrets[0], "FAR_SIDE_USER": secrets[1]}

    def opened(self, environment: dict[str, str]) -> Project:
        """Open it; what ``leadq.yaml`` names is taken from ``environment``."""
        return open_project(self.folder, environment=environment, now=NIGHT)

    def deliver(self, *, wrong_secret: bool = False, **wish: Any) -> Told | None:
        """Deliver and return what was told; None where it failed, with all that the error holds kept in ``told``."""
        environment = self.environment(wrong=wrong_secret)
        try:
            told = deliver_scores(
                self.opened(environment),
                lambda what: None,
                asked=Asked(wish=Wish(**wish)),
                environment=environment,
                http=self.side.http(),
            )
        except LeadqError as error:
            self.told += [str(error), repr(error), repr(error.__cause__), repr(error.__context__)]
            return None
        self.told += [str(told), repr(told.facts), told.words]
        return told

    def everything(self) -> bytes:
        """Return all that was said, and every byte of the store."""
        store = b"".join(path.read_bytes() for path in sorted((self.folder / "store").rglob("*")) if path.is_file())
        return "\n".join(self.told).encode() + store
