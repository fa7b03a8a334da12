"""The quarterly review is executed whole, twice in one kernel.

First as it opens without a project: on the small simulated company that it makes, where a model waits for promotion. Then on
that company after promotion, with a last training on shuffled labels, so that nothing beats the base rate while a champion is live.
"""

from __future__ import annotations

import base64
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "quarterly_review.ipynb"

NEXT_QUARTER = """
from dataclasses import replace

from leadq.pipelines.quarter.promote import promote
from leadq.pipelines.night.score import score
from leadq.pipelines.training.train import train
from leadq.pipelines.training.training_files import write_training_data

print(promote(project, because="so small a company proves little", by="head of sales").words)
score(project, silent)
data, origin = read_training_data(project.work / "training")
shuffled = data.meta.assign(label=np.random.default_rng(1).permutation(data.meta["label"]))
write_training_data(replace(data, meta=shuffled), origin, project.work / "training")
train(project, silent)
os.environ["LEADQ_PROJECT"] = str(folder)
"""

Outputs = dict[str, list[NotebookNode]]


def _read() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def _run(client: NotebookClient) -> Outputs:
    """Execute every cell; a failing one raises with its traceback."""
    cells = enumerate(client.nb.cells)
    done = {cell["id"]: client.execute_cell(cell, at) for at, cell in cells if cell["cell_type"] == "code"}
    return {name: [NotebookNode(output) for output in cell["outputs"]] for name, cell in done.items()}


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outputs, Outputs]:
    """Outputs of both readings by cell id."""
    folder = tmp_path_factory.mktemp("review")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LEADQ_PROJECT", "LEADQ_NOW"):
            patch.delenv(name, raising=False)
        patch.setenv("TMPDIR", str(folder))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        ipc = Config({"KernelManager": {"transport": "ipc"}})
        client = NotebookClient(_read(), timeout=300, resources={"metadata": {"path": str(ROOT)}}, config=ipc)
        with client.setup_kernel():
            first = _run(client)
            between = nbformat.v4.new_code_cell(NEXT_QUARTER)
            client.nb.cells.append(between)
            said = client.execute_cell(between, len(client.nb.cells) - 1)["outputs"]
            assert "is live as champion" in _text(said)
            client.nb = _read()
            second = _run(client)
    return first, second


def _text(outputs: list[NotebookNode]) -> str:
    parts = [output.get("text", "") or output.get("data", {}).get("text/markdown", "") for output in outputs]
    return "\n".join(parts)


def _pictures(outputs: list[NotebookNode]) -> list[bytes]:
    found = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return [base64.b64decode(picture) for picture in found]


def test_no_cell_complains(executed: tuple[Outputs, Outputs]) -> None:
    for outputs in executed:
        for name, cell in outputs.items():
            kinds = {output.get("name", output["output_type"]) for output in cell}
            assert not kinds & {"stderr", "error"}, (name, cell)


def test_every_part_has_its_pictures(executed: tuple[Outputs, Outputs]) -> None:
    first, second = executed
    drawn = {name: _pictures(cell) for name, cell in first.items() if name.startswith(("draw", "families"))}
    assert {name: len(pictures) for name, pictures in drawn.items()} == {
        "draw-months": 1,
        "draw-delays": 1,
        "draw-versus": 2,
        "draw-reliability": 1,
        "draw-tiers": 1,
        "draw-migration": 0,
        "families": 1,
        "draw-beeswarm": 1,
        "draw-dependence": 1,
        "draw-lead": 1,
    }
    for pictures in drawn.values():
        assert all(picture.startswith(b"\x89PNG") and len(picture) > 10_000 for picture in pictures)
    assert not _pictures(second["families"] + second["draw-beeswarm"] + second["draw-dependence"] + second["draw-lead"])
    assert _pictures(second["draw-versus"])


def test_a_challenger_is_reviewed_before_its_promotion(executed: tuple[Outputs, Outputs]) -> None:
    first, _ = executed
    assert "challenger" in _text(first["open"])
    assert "**The model beats the base rate on leads it had not seen" in _text(first["verdict"])
    assert "No model is live yet" in _text(first["versus-champion"])
    assert "shap and the nightly scorer differ by" in _text(first["families"])
    assert "Deletion confirms the reasons: correlation" in _text(first["audit-reasons"])
    assert "of the leads keep their strongest reason" in _text(first["audit-reasons"])
    told = _text(first["explain"])
    assert "How the figure adds up" in told
    assert "this lead" in told
    assert "Do not promote it: it does not beat the points score" in _text(first["next-steps"])  # as small as it is


def test_leaks_and_limits_of_the_data_are_told(executed: tuple[Outputs, Outputs]) -> None:
    first, _ = executed
    assert "procurement_contact" in _text(first["list-leaks"])
    assert "*left out*" in _text(first["list-leaks"])
    assert "What it cannot show" in _text(first["counts"])
    tables = [output["data"]["text/html"] for output in first["tonight"] if "text/html" in output.get("data", {})]
    assert "PROVEN" in tables[0]
    assert "expected wins" in tables[1]


def test_a_training_without_signal_is_not_recommended(executed: tuple[Outputs, Outputs]) -> None:
    _, second = executed
    assert "**Nothing beats the base rate" in _text(second["verdict"])
    assert "champion" in _text(second["versus-champion"])
    assert any("last night" in output["data"].get("text/html", "") for output in second["draw-migration"])
    assert "there are no reasons to show" in _text(second["families"])
    assert "no model has done better yet" in _text(second["explain"])
    assert "Keep the live model: in the last training nothing beats" in _text(second["next-steps"])
    assert "not offered: nothing beats the base rate" in _text(second["next-steps"])


def test_what_is_committed_has_no_outputs_and_no_place() -> None:
    notebook = _read()
    nbformat.validate(notebook)
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert all(place not in text for place in (str(ROOT), "/home/", "/tmp", "/Users/", "/work"))
    names = [cell["id"] for cell in notebook.cells]
    assert len(set(names)) == len(names)
    for cell in notebook.cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
            assert cell["id"] == "setup" or len(cell["source"].splitlines()) <= 24, (
                f"{cell['id']}: belongs in a package"
            )


def test_a_failing_cell_fails_the_test(tmp_path: Path) -> None:
    """The runner above would not hide an error."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    ipc = Config({"KernelManager": {"transport": "ipc"}})
    client = NotebookClient(notebook, timeout=60, kernel_name="python3", config=ipc)
    with client.setup_kernel(), pytest.raises(Exception, match="ZeroDivisionError"):
        _run(client)
