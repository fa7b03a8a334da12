"""What makes up the identity of a place: by it the ledger knows whether a name still stands for the same one."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from leadq.crm.config.delivery_settings import connector_for
from leadq.crm.connectors.connector import Surroundings, TargetSettings
from leadq.crm.connectors.files.settings import ToFiles
from leadq.crm.connectors.files.target import FileTarget
from leadq.crm.connectors.hubspot.settings import ToHubspot
from leadq.crm.connectors.postgres.settings import ToPostgres
from leadq.crm.connectors.salesforce.settings import ToSalesforce
from leadq.crm.connectors.tryton.settings import ToTryton
from leadq.crm.storage.source_locations import Database
from tests.crm.connectors.hubspot.delivering import target_of
from tests.fake_hubspot.server import running

SECRET = "${A_SECRET}"


def test_a_place_is_what_and_where_without_secrets(tmp_path: Path) -> None:
    databases = {"w": Database.model_construct(url=SecretStr("postgresql://u:s3cret@db.example/leads"))}
    around = Surroundings(environment={}, databases=databases)
    unasked = FileTarget(name="t", folder=tmp_path)
    cases: list[tuple[TargetSettings, str]] = [
        (ToFiles.model_construct(kind="files", folder=tmp_path / "a" / ".." / "b"), f"files {tmp_path / 'b'}"),
        (ToPostgres(kind="postgres", database="w", table="s.t"), "postgres db.example:5432/leads s.t"),
        (
            ToSalesforce(kind="salesforce", domain="Acme.my", consumer_key=SECRET, consumer_secret=SECRET),
            "salesforce acme.my",
        ),
        (
            ToTryton(kind="tryton", address="https://crm.example", database="sales", user="leadq", password=SECRET),
            "tryton https://crm.example sales",
        ),
    ]
    for to, place in cases:
        assert connector_for(to).identity(to, around, unasked) == place


def test_an_account_of_hubspot_is_asked_which_it_is() -> None:
    with running() as fake:
        to = ToHubspot(kind="hubspot", access_token=SECRET)
        told = connector_for(to).identity(to, Surroundings(environment={}), target_of(fake))
    assert told == "hubspot 4711 contacts"
