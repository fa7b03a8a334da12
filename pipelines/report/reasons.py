"""The audit of reasons as the report shows it: a table, sentences, pictures in the page, and figures for DVC."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadq.foundation.plurals import counted
from leadq.models.audit.reason_audit import LEAST, MIN_CORRELATION, RATIO, Audit
from leadq.pipelines.report.figure_words import number, percent
from leadq.pipelines.report.proof_tables import Table
from leadq.serving.words.sentences import Sentences

FEATURES, DEPENDENCE = "features.png", "dependence.png"
"""Pictures in ``reports/``: every fact a lead, and what each value of the leading ones does."""
_SAID = {
    FEATURES: "Every dot is a lead. Red is a high value, blue a low one, grey a category or an unknown value.",
    DEPENDENCE: "The leading feature of each of the strongest families: what each of its values does to the score.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that travels inside the page."""

    said: str
    source: str


def pictures_in(folder: Path) -> tuple[Picture, ...]:
    """Read the pictures that are in ``folder`` as data addresses, so that the page opens alone."""
    found = ((said, folder / name) for name, said in _SAID.items())
    return tuple(
        Picture(said=said, source=f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}")
        for said, path in found
        if path.exists()
    )


def audit_words(audit: Audit, said_as: Sentences) -> tuple[str, ...]:
    """Say what the audit found."""
    same = percent(audit.interventional_strongest, 0)
    said = [
        f"The nightly contributions differ from those of the shap library by at most {_tiny(audit.largest_difference)} log-odds.",
        f"Interventional SHAP finds the same strongest family, in the same direction, for {same} of "
        f"{counted(audit.leads, 'lead')}.",
    ]
    if audit.correlation is None or audit.ratio is None:
        return (*said, "Too few contributions were large enough to compare them with deletion.")
    bounds = f"required: at least {MIN_CORRELATION:.2f}, and {RATIO[0]:.2f} to {RATIO[1]:.2f}"
    verdict = "confirms the reasons" if audit.faithful else "does not confirm the reasons"
    said.append(f"Deletion {verdict}: correlation {audit.correlation:.3f}, median ratio {audit.ratio:.2f} ({bounds}).")
    if audit.shared:
        label = said_as.family_label
        names = ", ".join(f"{label(one.family)} ({one.ratio:.2f})" for one in audit.shared)
        said.append(
            f"Families that share their credit with correlated facts of other families (median ratio): {names}."
        )
    return tuple(said)


def audit_table(audit: Audit, said_as: Sentences) -> Table:
    """Every family that holds at least the least of a reason for some lead, and all of them together."""
    head = ["Family", "Leads", "Contribution", "Interventional SHAP", "Deletion", "Deletion / contribution"]
    label = said_as.family_label
    rows = [
        [
            label(one.family),
            f"{one.leads:,}",
            *(number(value, 2) for value in (one.contribution, one.interventional, one.effect, one.ratio)),
        ]
        for one in audit.families
    ]
    return Table(head=head, rows=rows)


def agreement_table(audit: Audit) -> Table:
    """Contributions beside both answers of the model."""
    head = ["Compared with", "Agreement", "Median ratio", "5 % to 95 % of the ratios", "Same strongest family"]
    spread = f"{number(audit.ratio_low, 2)} to {number(audit.ratio_high, 2)}" if audit.pairs else ""
    rows = [
        [
            "Interventional SHAP",
            f"rank correlation {number(audit.interventional_rank)}",
            number(audit.interventional_ratio, 2),
            "",
            percent(audit.interventional_strongest, 0),
        ],
        ["Deletion", f"correlation {number(audit.correlation)}", number(audit.ratio, 2), spread, ""],
    ]
    return Table(head=head, rows=rows, texts=("Agreement",))


def page_parts(audit: Audit, folder: Path, said_as: Sentences) -> Mapping[str, Any]:
    """Everything the page's section on reasons is made of."""
    return {
        "leads": audit.leads,
        "background": audit.background,
        "least": LEAST,
        "words": audit_words(audit, said_as),
        "agreement": agreement_table(audit),
        "families": audit_table(audit, said_as),
        "pictures": pictures_in(folder),
    }


def audit_metrics(audit: Audit) -> dict[str, Any]:
    """Figures that are compared between trainings."""
    figures = {
        "deletion_correlation": audit.correlation,
        "deletion_median_ratio": audit.ratio,
        "interventional_rank_correlation": audit.interventional_rank,
        "interventional_median_ratio": audit.interventional_ratio,
        "interventional_strongest_the_same": audit.interventional_strongest,
    }
    rounded = {name: None if value is None else float(f"{value:.6g}") for name, value in figures.items()}
    return {"faithful": audit.faithful, "leads": audit.leads, "pairs": audit.pairs, **rounded}


def _tiny(difference: float) -> str:
    """Only the power of ten: the digits are the machine's."""
    return "nothing" if difference == 0 else f"1e{math.ceil(math.log10(difference))}"
