"""A scoring run as text, for executors on other machines: shipped once, built again once a process. No pickle of objects of ours."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from leadq.agreement.read import stored_agreement
from leadq.models.bundle.bundle import documents, read_bundle
from leadq.serving.scoring.changes.previous_facts import PreviousFacts
from leadq.serving.scoring.changes.previous_scores import PreviousScores
from leadq.serving.scoring.changes.score_reuse import PreviousStates
from leadq.serving.scoring.scoring_run import ScoringRun
from leadq.serving.words.sentences import Sentences


def as_text(run: ScoringRun) -> str:
    """Return all of a run, its bundle included; files of earlier nights by their paths."""
    previous = run.previous
    document = {
        "bundle": {name: content.decode() for name, content in documents(run.bundle).items()},
        "agreement": run.agreement.text,
        "sentences": {"document": run.sentences.document, "source": run.sentences.source},
        "as_of": run.as_of.isoformat(),
        "scored_at": run.scored_at.isoformat(),
        "run_id": run.run_id,
        "snapshot_id": run.snapshot_id,
        "previous": previous
        and {
            "files": [str(file.absolute()) for file in previous.files],
            "as_of": previous.as_of.isoformat(),
            "reanchored": sorted(previous.reanchored),
        },
        "previous_facts": run.previous_facts
        and {name: [str(file.absolute()) for file in files] for name, files in run.previous_facts.files.items()},
        "previous_states": run.previous_states and str(run.previous_states.file.absolute()),
        "keep_states": run.keep_states,
    }
    return json.dumps(document)


@lru_cache(maxsize=1)
def run_of(text: str) -> ScoringRun:
    """Read what :func:`as_text` wrote; the same text again is the same run. Scores with one thread.

    Raises
    ------
    BundleError
        A part of the bundle was damaged on its way.
    """
    document = json.loads(text)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in document["bundle"].items():
            Path(folder, name).write_bytes(content.encode())
        bundle = read_bundle(Path(folder))
    previous, facts, states = document["previous"], document["previous_facts"], document["previous_states"]
    return ScoringRun(
        bundle=bundle,
        agreement=stored_agreement(document["agreement"], where="agreement.yaml"),
        sentences=Sentences(**document["sentences"]),
        as_of=datetime.fromisoformat(document["as_of"]),
        scored_at=datetime.fromisoformat(document["scored_at"]),
        run_id=document["run_id"],
        snapshot_id=document["snapshot_id"],
        previous=previous
        and PreviousScores(
            files=tuple(map(Path, previous["files"])),
            as_of=datetime.fromisoformat(previous["as_of"]),
            reanchored=frozenset(previous["reanchored"]),
        ),
        previous_facts=facts and PreviousFacts(files={name: tuple(map(Path, files)) for name, files in facts.items()}),
        previous_states=states and PreviousStates(file=Path(states)),
        keep_states=document["keep_states"],
        threads=1,
    )
