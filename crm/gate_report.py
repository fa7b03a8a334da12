"""The gate's result as one HTML file that opens offline: no script, no font, no address, light and dark.

Everything that comes from the data is escaped, so that a hostile campaign name stays text; a content security policy in the
page forbids scripts on top. Other rooms' reports extend the same page through :func:`report_environment`.
"""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from crm.gate_result import GateResult


def report_environment(*packages: str) -> Environment:
    """Return an escaping template environment over ``templates/`` of ``packages`` and of this one (``page.html.j2``)."""
    loaders = [PackageLoader(package, "templates") for package in (*packages, "crm")]
    return Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_gate_report(result: GateResult) -> str:
    """Render ``result`` as one HTML page."""
    return report_environment().get_template("gate_report.html.j2").render(gate=result) + "\n"
