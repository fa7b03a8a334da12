"""Words that may mean the same, each with the line for ``leadq.yaml`` that merges them: what ``leadq check`` proposes."""

from __future__ import annotations

from itertools import islice

from leadq.crm.contract.history import History
from leadq.features.meaning.spelling_variants import spelling_variants
from leadq.foundation.plurals import counted
from leadq.foundation.yaml_scalars import quoted
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.value_lines import values_line

_MOST = 10
_WORDS = 5
"""Words that a sentence names; the line has all of them."""


def spelling_remarks(project: Project, history: History) -> tuple[str, ...]:
    """Return a line for each group of words, those of most rows first; ten at most, and how many more there are."""
    found = sorted(spelling_variants(history), key=lambda one: -one.rows)
    lines = []
    for one in islice(found, _MOST):
        said = f"{one.column}: {', '.join(map(quoted, one.others[:_WORDS]))} may be {quoted(one.word)} ({counted(one.rows, 'row')})."
        line = values_line(project.config, one.column, dict.fromkeys(one.others, one.word))
        lines.append(f"{said} If so, write {line}")
    more = len(found) - _MOST
    return (*lines, f"and {counted(more, 'more group')} of words.") if more > 0 else tuple(lines)
