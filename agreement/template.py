"""The agreement to begin with, as ``leadq init`` writes it: commented, for the simulated company."""

from __future__ import annotations

from importlib.resources import files


def template_text() -> str:
    """Return the text of ``agreement/templates/agreement.yaml``."""
    return files("leadq.agreement").joinpath("templates", "agreement.yaml").read_text(encoding="utf-8")
