"""What is the same for every lead of a run, tonight or long ago; needs no engine."""

from __future__ import annotations

from datetime import datetime

from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.night.earlier_runs import previous_facts, previous_scores, previous_states
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import RunInputs
from leadq.serving.scoring.scoring_run import ScoringRun
from leadq.serving.words.sentences import read_sentences


def scoring_run(
    project: Project, bundle: Bundle, inputs: RunInputs, scored_at: datetime, *, changed_only: bool
) -> ScoringRun:
    """Return what is the same for every lead of a run; of an earlier run's inputs, as it was then."""
    return ScoringRun(
        bundle=bundle,
        agreement=project.agreement,
        as_of=inputs.as_of,
        scored_at=scored_at,
        run_id=inputs.run_id,
        sentences=read_sentences(project.config.sentences),
        snapshot_id=inputs.run_id,
        previous=previous_scores(project, inputs, bundle),
        previous_facts=previous_facts(project, inputs, bundle),
        threads=project.settings.engine.threads,
        previous_states=previous_states(project, inputs) if changed_only else None,
        keep_states=changed_only,
    )
