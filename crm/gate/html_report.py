"""The gate's result as one HTML file that opens offline."""

from __future__ import annotations

from leadq.crm.gate.result import GateResult
from leadq.foundation.html_page import page_environment


def render_gate_report(result: GateResult) -> str:
    """Render ``result`` as one HTML page."""
    return page_environment("leadq.crm.gate").get_template("gate_report.html.j2").render(gate=result) + "\n"
