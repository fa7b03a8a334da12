"""What ``leadq check`` found, as one offline HTML page: readiness, suspected leaks, every check, the gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from leadq.crm.gate.result import GateResult
from leadq.features.leak_checks.advice import what_happened, what_to_do
from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.leak_checks.table import CheckRow
from leadq.features.readiness.statements import Readiness
from leadq.foundation.html_page import page_environment


def render_check_report(
    readiness: Readiness,
    findings: Iterable[LeakFinding],
    gate: GateResult,
    checks: Iterable[CheckRow] = (),
    *,
    outcome: str = "",
    kept: Iterable[str] = (),
    measured: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Render the page; whatever comes from the data is escaped.

    Parameters
    ----------
    readiness : Readiness
    findings : iterable of LeakFinding
    gate : GateResult
    checks : iterable of CheckRow
    outcome : str
        Which column and words the outcomes are.
    kept : iterable of str
        Whether the agreement can be kept, a sentence a term.
    measured : mapping, optional
        Headings and lines on hand-overs and stages.
    """
    template = page_environment("leadq.features.readiness", "leadq.crm.gate").get_template("check_page.html.j2")
    told = [(found, what_happened(found), what_to_do(found)) for found in findings]
    return (
        template.render(
            readiness=readiness,
            findings=told,
            checks=tuple(checks),
            gate=gate,
            outcome=outcome,
            kept=tuple(kept),
            measured=measured or {},
        )
        + "\n"
    )
