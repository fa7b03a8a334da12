"""History out of a CRM, whatever its kind: the contract's tables, the same bytes again, whole or not at all, nothing of ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.connectors.connector import ReadsHistory
from leadq.crm.connectors.registry import connector_of, installed_kinds
from leadq.crm.contract.crm_tables import TABLES
from leadq.foundation.problems import UsageError
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.crm.read_history import read_crm
from tests.conformance.connectors.far_side import FarSide, SideSpec, Wanted, all_sides
from tests.conformance.connectors.project_with_side import SideProject


class CutOffError(KeyboardInterrupt):
    """Somebody ends the reading in its midst."""


@pytest.fixture
def side(spec: SideSpec, wanted: Callable[..., Wanted]) -> Iterator[FarSide]:
    with ExitStack() as stack:
        yield stack.enter_context(spec.open(wanted(40, began=time.time())))


def test_history_is_whole_the_same_again_and_nothing_of_ours(side: FarSide, tmp_path: Path) -> None:
    leads = side.history()
    if leads is None:
        assert not isinstance(connector_of(side.kind), ReadsHistory)
        return
    side.spoil(min(side.keys), score=50)  # what leadq wrote is no fact about a lead
    project = SideProject.made(tmp_path / "project", side, [])
    folder = tmp_path / "extract"
    told = _read(project, folder)
    assert told.facts["rows"]["leads"] == leads
    _must_be_of_the_contract(folder)
    first = _bytes(folder)
    _read(project, folder, whole=True)
    assert _bytes(folder) == first
    said = repr(told).encode() + b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert not [hidden for hidden in side.secrets if hidden.encode() in said]

    with pytest.raises(CutOffError):
        _read(project, folder, whole=True, cut_off=True)
    assert _bytes(folder) == first
    assert not [path for path in tmp_path.iterdir() if ".partial" in path.name]

    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "budget.xlsx").write_bytes(b"mine")
    with pytest.raises(UsageError):
        _read(project, theirs)
    assert [path.name for path in theirs.iterdir()] == ["budget.xlsx"]


def test_every_crm_gives_its_history_to_the_suite() -> None:
    kinds = {kind for kind in installed_kinds() if isinstance(connector_of(kind), ReadsHistory)}
    assert kinds <= {spec.name.partition("_")[0] for spec in all_sides()}


def _read(project: SideProject, folder: Path, *, whole: bool = False, cut_off: bool = False) -> Told:
    def progress(words: str) -> None:
        if cut_off and words != "":
            raise CutOffError

    environment = project.environment()
    return read_crm(
        project.opened(environment),
        progress,
        name="there",
        folder=folder,
        whole=whole,
        environment=environment,
        http=project.side.http(),
    )


def _must_be_of_the_contract(folder: Path) -> None:
    for path in folder.glob("*.parquet"):
        schema, contract = pq.read_schema(path), TABLES[path.stem]
        for name in schema.names:
            own = (pa.string(), pa.float64())  # fields that the company chose beyond the contract
            kinds = (contract.field(name).type,) if name in contract.names else own
            assert schema.field(name).type in kinds, f"{path.name}: {name} is {schema.field(name).type}, not {kinds}"
        ours = [name for name in schema.names if name.lower().startswith("lq_")]
        assert not ours, f"{path.name} holds {ours}, which leadq wrote"


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}
