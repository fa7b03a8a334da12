"""Committed nights into the score table of the company's database, where ``leadq.yaml`` names one.

A night is committed before this begins and stays so whatever happens here: what could not be written is written by the next
``leadq score``, with the nights that were missed in between. Runs of a few leads are not written: readers see whole nights.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from leadq.foundation.plurals import counted
from leadq.foundation.problems import LeadqError
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of it: facts for ``--json``, words for a person, and whether something is still to be written."""

    facts: dict[str, Any] = field(default_factory=dict)
    words: str = ""
    paused: bool = False


def publish_night(project: Project, run: Run, progress: Progress) -> Published:
    """Write ``run``, and the nights before it that are not there yet, into the database's score table.

    Returns
    -------
    Published
        Empty where no score table is named or ``run`` is not a complete night. ``paused`` is exit code 4: the night is
        committed, and ``leadq score`` again writes it.
    """
    config = project.config
    if config.score_table is None or run.inputs.kind != "night":
        return Published()
    from leadq.crm.warehouse.score_tables import newest_night, publish_scores  # noqa: PLC0415 (with Ibis, which takes a second)
    from leadq.crm.warehouse.table_definition import ScoreTarget  # noqa: PLC0415

    database = config.score_table.database
    target = ScoreTarget(name=database, database=config.databases[database], table=config.score_table.table)
    facts: dict[str, Any] = {"table": target.title, "nights": [], "rows": 0}
    try:
        newest = newest_night(target)
        missed = [
            night
            for night in project.store.runs()
            if night.inputs.kind == "night" and newest is not None and newest < night.inputs.as_of < run.inputs.as_of
        ]
        for night in [*missed, run]:
            progress(f"Writing the score table of {night.inputs.as_of:%Y-%m-%d %H:%M} UTC into {target.title}")
            path = project.store.table(night.scores)
            facts["rows"] += publish_scores(
                path,
                target,
                run_id=night.run_id,
                as_of=night.inputs.as_of,
                scored_at=night.scored_at,
                unknown=() if night.records_touches else ("worked",),
            )
            facts["nights"].append(night.run_id)
    except LeadqError as error:
        facts["problems"] = [str(problem) for problem in error.problems]
        words = (
            "The night is complete in the store, but its score table is not in the database yet. "
            "Run leadq score again to write it there."
        )
        return Published(facts=facts, words="\n".join([words, *facts["problems"]]), paused=True)
    return Published(facts=facts, words=f"Also written to {target.title}: {counted(facts['rows'], 'row')}.")
