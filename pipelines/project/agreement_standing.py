"""The line that stands under a command's result while the agreement is not signed, not in force, or past its review.

For the screen and for machines only: nothing of it is stored with a night.
"""

from __future__ import annotations

from dataclasses import replace

from leadq.agreement.signing.standing import standing_in_words
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.project.project import Project


def with_standing(told: Told, project: Project) -> Told:
    """Return a command's result with how the agreement stands, where there is something to say."""
    line = standing_in_words(project.agreement, project.read_at)
    if not line:
        return told
    return replace(told, facts={**told.facts, "agreement_standing": line}, words=f"{told.words.rstrip()}\n\n{line}")
