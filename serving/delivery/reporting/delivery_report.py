"""What a delivery did, as facts for ``--json`` and in words: sent, unchanged, rejected with reasons, skipped and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.ledger.ledger_records import DeliveryRun
from leadq.serving.words.text import clean

_STATES = ("rejected", "dead", "skipped")
_TITLES = {"rejected": "Rejected", "dead": "Given up for tonight", "skipped": "Skipped"}
_TOTALS = {
    "rejected": "rejected",
    "dead": "given up for tonight",
    "skipped": "skipped",
    "planned": "not yet sent",
    "superseded": "not sent",
}
_SKIPPED_HINT = (
    ": are their ids this system's, and is it the place that they come from (a sandbox for production)? Where it is right, "
    "leadq deliver --force goes on"
)
_REPEATED = " These scores were delivered before: nothing was sent now."
_ENDS = {
    "done": "All is delivered.",
    "partial": "Delivered, but for the rows below; they are tried again with the next scores.",
    "stopped": "Stopped, for more cannot be chance. Fix the cause and run leadq deliver again: it tries them again.",
    "paused": "Paused; leadq deliver goes on.",
    "superseded": "Later scores have taken its place.",
    "dry run": "Nothing was sent: this is what would be.",
}
_KINDS = {
    "lead": "Single lead: {lead}.",
    "restore": "Restore: leads hold what they held after the delivery {scores}.",
    "refresh": "Full refresh: every score is sent, changed or not; guards on shares stop nothing.",
    "clear": "Clearing: leads without a score tonight lose score, tier and reasons.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a delivery; ``state`` is the run's, ``others`` what was gone on with besides."""

    target: str
    facts: Mapping[str, Any]
    state: str
    others: tuple[Report, ...] = ()

    @property
    def with_rejected(self) -> bool:
        """Whether rows were not taken: exit code 5."""
        return any(report.state in ("partial", "stopped") for report in (self, *self.others))

    @property
    def _repeated(self) -> str:
        return _REPEATED if self.facts.get("repeated") and self.state in ("done", "partial") else ""

    @property
    def words(self) -> str:
        """For a person."""
        facts = self.facts
        if "rows" not in facts and "rows_by_state" not in facts:
            return f"{self.target}: {facts['state']}."
        counts = facts.get("rows_by_state", {})
        sent = counts.get("ok", 0) if counts else facts.get("planned", 0)
        not_sent = "".join(f", {counts[state]:,} {_TOTALS[state]}" for state in _TOTALS if state in counts)
        lines = [
            f"{self.target}: {_ENDS.get(self.state, self.state)}{self._repeated}",
            f"  {facts.get('rows', sum(counts.values())):,} scores, {facts.get('unchanged', 0):,} unchanged, "
            f"{sent:,} {'to send' if self.state == 'dry run' else 'confirmed'}{not_sent}",
        ]
        if self.state == "stopped" and "stopped_for" in facts:
            lines.append(f"  {facts['stopped_for']}{_SKIPPED_HINT if 'skipped' in facts['stopped_for'] else ''}.")
        kind = _KINDS.get(facts.get("kind", ""), "").format(
            scores=facts.get("scores", ""), lead=clean(str(facts.get("lead", "")))
        )
        lines += [f"  {kind}"] if kind else []
        lines += [
            f"  Takes the place of {one['kind']} {one['run']}, which was not done."
            for one in facts.get("took_the_place_of", ())
        ]
        lines += [f"  overruled: {problem}" for problem in facts.get("overruled", ())]
        lines += _read_back(facts.get("read_back"))
        for state in _STATES:
            lines += _reasons(state, facts.get(state, ()), counts.get(state, 0))
        if "not_delivered" in facts:
            lines.append(f"  Rows that were not taken: {facts['not_delivered']}")
        if "csv" in facts:
            lines.append(f"  Rows that would be sent: {facts['csv']}")
        if "report_not_written" in facts:
            lines.append(f"  This report could not be written: {facts['report_not_written']}")
        return "\n".join([*lines, *(other.words for other in self.others)])


def together(reports: Sequence[Report], *, first: str) -> Report:
    """Return one report of several runs: of the run ``first`` where it is among them, else of the one that was sent first."""
    one, *others = sorted(reports, key=lambda report: report.facts.get("run") != first)
    if not others:
        return one
    return replace(one, facts={**one.facts, "also": [dict(other.facts) for other in others]}, others=tuple(others))


def _reasons(state: str, found: Sequence[Mapping[str, Any]], count: int) -> Iterator[str]:
    """Yield a line a reason, the most frequent first, and how many leads have others."""
    for row in found:
        said = " ".join(part for part in (row["code"], clean(row["text"], 160)) if part)
        yield f"  {_TITLES[state]}: {row['leads']:,} ({said}), such as {clean(row['example'])}"
    if rest := count - sum(row["leads"] for row in found):
        yield f"  {_TITLES[state]}: {rest:,} more, for other reasons"


def _read_back(found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return []
    if "problems" in found:
        return ["  Leads could not be read back: " + "; ".join(clean(problem, 300) for problem in found["problems"])]
    line = f"  Read back: {found['looked_at']:,} leads, {found['differing']:,} differ from what was confirmed"
    after = " and are sent again with the next delivery" if found["differing"] else ""
    return [f"{line}{after}, {found['gone']:,} are gone."]


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
