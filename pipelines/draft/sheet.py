"""The sheet to sign: the lines of a draft on a printable page that opens offline, what differs first, with room for both signatures."""

from __future__ import annotations

from collections.abc import Sequence

from leadq.agreement.schema import Agreement
from leadq.foundation.html_page import page_environment
from leadq.pipelines.draft.draft_line import CHOICE, DraftLine

SHEET = "agreement-draft.html"


def render_sheet(agreement: Agreement, lines: Sequence[DraftLine], *, window: str, file: str) -> str:
    """Render the page; whatever comes from the data is escaped.

    Parameters
    ----------
    agreement : Agreement
        The draft.
    lines : sequence of DraftLine
        Those that differ first.
    window : str
        Which time was looked at.
    file : str
        The draft's file, as people type it.
    """
    template = page_environment("leadq.pipelines.draft").get_template("agreement_draft.html.j2")
    differing = [line for line in lines if line.differs]
    same = [line for line in lines if not line.differs]
    groups = (
        ("What would change", differing),
        ("What stays, and is measured", [line for line in same if line.basis == "measured"]),
        ("What nobody can show yet", [line for line in same if line.basis in ("too few", "not recorded")]),
        ("Choices of both sides, not measurements", [line for line in same if line.basis == "a choice"]),
    )
    return template.render(agreement=agreement, groups=groups, window=window, file=file, choice=CHOICE) + "\n"
