"""A target of ``leadq.yaml`` held for one command: its lock, the ledger as it speaks of its place, its fields, the effects.

Where its name stands for another place than before, or the place is found empty, the ledger begins empty there and it is said
(``serving/delivery/ledger/target_identity.py``). Leaves out what is done with it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from leadq.agreement.schema import DISQUALIFIED
from leadq.crm.config.delivery_settings import connector_for
from leadq.crm.connectors.connector import Connector, Surroundings, TargetSettings
from leadq.crm.connectors.fitness import why_wrong_names
from leadq.crm.connectors.opening import identity, open_target
from leadq.crm.connectors.protocol import MayBeEmpty, Target, TargetField
from leadq.crm.connectors.registry import named_faults, unfit
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.store import LEDGER
from leadq.pipelines.store.store_lock import only_writer
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.ledger.target_identity import emptied, stand_for
from leadq.serving.delivery.planning.payload import our_fields
from leadq.serving.delivery.sending.rate_limit import STOP_FILE, Effects

REPORTS = "delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """An open target.

    Parameters
    ----------
    ledger : Ledger
    target : Target
    fields : tuple of TargetField
        Ours, as this target names them.
    effects : Effects
    anew : str
        Why nothing that was confirmed before holds here, in words; empty where it does.
    """

    ledger: Ledger
    target: Target
    fields: tuple[TargetField, ...]
    effects: Effects
    anew: str


@contextmanager
def open_at(
    project: Project, name: str, environment: dict[str, str], http: requests.Session | None, *, writes: bool
) -> Iterator[At]:
    """Hold a target's lock and yield what a delivery needs.

    Parameters
    ----------
    writes : bool
        Whether something may be written there; a table is then made, and looked into.

    Raises
    ------
    LeadqError
        The target or the ledger cannot be used.
    """
    folder = project.store.folder
    with (
        only_writer(folder / f"deliver-{name}.lock", doing=f"delivering to {name}", now=project.now),
        Ledger(folder / LEDGER) as ledger,
    ):
        to = project.config.deliver[name]
        connector = connector_for(to)
        around = Surroundings(environment=environment, databases=project.config.databases, http=http)
        effects = _effects(folder)
        if writes:
            effects.must_go_on()
        target = open_target(connector, name, to, around)
        fields = fields_of(connector, to, project)
        before = stand_for(ledger, name, identity(connector, to, around, target), effects.clock())
        anew = f"it now points to another place than before ({before})" if before else ""
        with named_faults(to.kind, "while it was used"):
            if writes and isinstance(target, MayBeEmpty):
                target.check(fields)
                if target.empty and emptied(ledger, name, effects.clock()):
                    anew = "nothing that was delivered is there any more"
            yield At(ledger=ledger, target=target, fields=fields, effects=effects, anew=anew)


def fields_of(connector: Connector[Any], to: TargetSettings, project: Project) -> tuple[TargetField, ...]:
    """Return the fields that delivery writes to a target, as its kind calls them.

    Raises
    ------
    ConfigError
        The connector gives no names, or the same twice.
    """
    tiers = [*(tier.id for tier in project.agreement.tiers), DISQUALIFIED]
    with named_faults(to.kind, "when it named its fields"):
        fields = our_fields(connector.field_name, tiers, rejections=to.rejections)
    if why := why_wrong_names([field.name for field in fields]):
        raise unfit(to.kind, why)
    return fields


def _effects(folder: Path) -> Effects:
    return Effects(
        clock=lambda: datetime.now(UTC),  # the clock of pipelines
        sleep=time.sleep,
        chance=random.random,
        stop_file=folder / STOP_FILE,
        reports=folder / REPORTS,
    )
