"""What happened with a finding and what a person can do about it, in words that sales operations use, with the line to paste."""

from __future__ import annotations

from leadq.features.leak_checks.finding import LeakFinding
from leadq.foundation.yaml_scalars import plain_or_quoted

WHY = "why it is known beforehand"
_BY_CHECK = {
    1: "Training stops here: a fact dated later than the score was used. Please report this, with the lead named above.",
    2: "Training stops here: a fact that became known later was used. Please report this, with the lead named above.",
    3: "Training stops here: fix the dates of creation and closing of the lead named above.",
    7: "Find out what changed: a form, an import, a campaign? If the change is real, there is nothing to do.",
    8: "Merge what is one company in the CRM, or declare merged leads in lead_aliases.",
    12: "Find out who adds facts under earlier dates; map known_at in leadq.yaml, so that each counts from when it was known.",
    13: "Training stops here: the checks cannot be relied on for this data. Please report this.",
}


def what_happened(finding: LeakFinding) -> str:
    """Say what follows from the finding."""
    if finding.consequence == "stop":
        return "Training is stopped."
    if finding.consequence == "name":
        return "For your information: it is used as before."
    if not finding.features:
        return "Nothing: no feature uses it."
    return "Left out of the model until somebody vouches for it."


def what_to_do(finding: LeakFinding) -> str:
    """Say what a person can do; empty where there is nothing."""
    if finding.consequence == "quarantine":
        return f"If it is known beforehand, add to leadq.yaml: {vouch_line(finding)}" if finding.features else ""
    if finding.check in (4, 5):
        return _leave_out(finding)
    return _BY_CHECK.get(finding.check, "")


def vouch_line(finding: LeakFinding) -> str:
    """Line of ``leadq.yaml`` that keeps what was quarantined: ``vouch: {engagement_kinds_30d: why ...}``."""
    return f"vouch: {{{plain_or_quoted(finding.field)}: {WHY}}}"


def _leave_out(finding: LeakFinding) -> str:
    """Line that leaves out what is only named, where leadq.yaml can."""
    kind = finding.field.removeprefix("events.kind ")
    if kind != finding.field:
        return f"If it is the outcome, leave it out under sources, events: ignore_kinds: [{plain_or_quoted(kind)}]"
    table, _, name = finding.field.partition(".")
    own = any(feature.startswith("own_") for feature in finding.features)
    if own and table in ("leads", "accounts"):
        return f"If it is written afterwards, refuse it under sources, {table}: own_fields: {{refuse: {{{plain_or_quoted(name)}: why}}}}"
    if finding.field.startswith(("intent_", "engagement_")):
        return (
            "Find out when such events are recorded; if it is because of the outcome, leave their kind out (ignore_kinds in "
            "leadq.yaml)."
        )
    return "Find out when it is filled in; if only after the outcome is known, do not map it."
