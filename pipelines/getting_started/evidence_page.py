"""What ``leadq init`` found, as a page that opens offline; everything in it is escaped, and personal columns have no examples."""

from __future__ import annotations

from leadq.crm.reading.proposal.mapping_proposal import Proposed
from leadq.foundation.html_page import page_environment


def evidence_page(proposed: Proposed) -> str:
    """Return the page."""
    files: dict[str, list[object]] = {}
    for one in proposed.evidence:
        files.setdefault(one.file, []).append(one)
    template = page_environment("leadq.pipelines.getting_started").get_template("init.html.j2")
    return template.render(proposed=proposed, files=files) + "\n"
