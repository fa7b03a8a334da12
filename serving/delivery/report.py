"""What a delivery did, as facts for ``--json`` and in words: sent, unchanged, rejected with reasons, skipped and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from serving.delivery.ledger import DeliveryRun, Ledger
from serving.words.text import clean

_STATES = ("rejected", "dead", "skipped")
_TITLES = {"rejected": "Rejected", "dead": "Given up for tonight", "skipped": "Skipped"}
_ENDS = {
    "done": "All is delivered.",
    "partial": "Delivered, but for the rows below; they are tried again with the next scores.",
    "stopped": "Stopped: too many rows are rejected. Mend the cause and run leadq deliver again: it tries them again.",
    "paused": "Paused; leadq deliver goes on.",
    "superseded": "Later scores have taken its place.",
    "dry run": "Nothing was sent: this is what would be.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a delivery; ``state`` is the run's."""

    target: str
    facts: Mapping[str, Any]
    state: str

    @property
    def with_rejected(self) -> bool:
        """Whether rows were not taken: exit code 5."""
        return self.state in ("partial", "stopped")

    @property
    def words(self) -> str:
        """For a person."""
        facts = self.facts
        if "rows" not in facts and "rows_by_state" not in facts:
            return f"{self.target}: {facts['state']}."
        counts = facts.get("rows_by_state", {})
        sent = counts.get("ok", 0) if counts else facts.get("planned", 0)
        lines = [
            f"{self.target}: {_ENDS.get(self.state, self.state)}",
            f"  {facts.get('rows', sum(counts.values())):,} scores, {facts.get('unchanged', 0):,} unchanged, "
            f"{sent:,} {'to send' if self.state == 'dry run' else 'confirmed'}",
        ]
        lines += [f"  overruled: {problem}" for problem in facts.get("overruled", ())]
        for state in _STATES:
            for row in facts.get(state, ()):
                said = " ".join(part for part in (row["code"], clean(row["text"], 160)) if part)
                lines.append(f"  {_TITLES[state]}: {row['leads']:,} ({said}), such as {clean(row['example'])}")
        return "\n".join(lines)


def report_of(ledger: Ledger, run: DeliveryRun, *, repeated: bool = False) -> Report:
    """Return what the ledger knows of a run."""
    facts: dict[str, Any] = {
        **run.facts,
        "run": run.run_id,
        "kind": run.kind,
        "scores": run.score_run,
        "state": run.state,
    }
    facts["rows_by_state"] = ledger.counts(run.run_id)
    facts |= {state: found for state in _STATES if (found := ledger.reasons(run.run_id, state))}
    if repeated:
        facts["repeated"] = True
    return Report(target=run.target, facts=facts, state=run.state)
