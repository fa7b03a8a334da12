"""What a delivery did, as facts for ``--json`` and in words: sent, unchanged, rejected with reasons, skipped and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from leadq.foundation.plurals import counted
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
    ". Check that these ids belong to this system and not, say, to its sandbox. "
    "If they do, leadq deliver --force sends the rest"
)
_REPEATED = " These scores were delivered before, so nothing was sent now."
_ENDS = {
    "done": "Delivered.",
    "partial": "Delivered, except for the rows below; the next delivery tries them again.",
    "stopped": "Stopped: so many failures have one cause. Fix it and run leadq deliver again; it tries these rows again.",
    "paused": "Paused. Run leadq deliver again to send the rest.",
    "superseded": "Replaced by later scores before it was finished.",
    "dry run": "Dry run: nothing was sent.",
}
_KINDS = {
    "lead": "Single lead: {lead}.",
    "restore": "Restore: leads have the values they had after delivery {scores}.",
    "refresh": "Full refresh: every score is sent, changed or not; limits on how much may change do not apply.",
    "clear": "Clearing: score, tier and reasons are emptied on leads that have no score tonight.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of a delivery; ``state`` is the run's, ``others`` the reports of earlier runs that it finished."""

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
            f"  {counted(facts.get('rows', sum(counts.values())), 'score')}, {facts.get('unchanged', 0):,} unchanged, "
            f"{sent:,} {'to send' if self.state == 'dry run' else 'confirmed'}{not_sent}",
        ]
        if self.state == "stopped" and "stopped_for" in facts:
            lines.append(f"  {facts['stopped_for']}{_SKIPPED_HINT if 'skipped' in facts['stopped_for'] else ''}.")
        kind = _KINDS.get(facts.get("kind", ""), "").format(
            scores=facts.get("scores", ""), lead=clean(str(facts.get("lead", "")))
        )
        lines += [f"  {kind}"] if kind else []
        lines += [
            f"  Replaces the unfinished delivery {one['run']} ({one['kind']})."
            for one in facts.get("took_the_place_of", ())
        ]
        lines += [f"  Sent in spite of: {problem}" for problem in facts.get("overruled", ())]
        lines += _read_back(facts.get("read_back"))
        for state in _STATES:
            lines += _reasons(state, facts.get(state, ()), counts.get(state, 0))
        if "not_delivered" in facts:
            lines.append(f"  Rows that were not delivered: {facts['not_delivered']}")
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
        yield f"  {_TITLES[state]}: {row['leads']:,} ({said}), for example {clean(row['example'])}"
    if rest := count - sum(row["leads"] for row in found):
        yield f"  {_TITLES[state]}: {rest:,} more, for other reasons"


def _read_back(found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return []
    if "problems" in found:
        return ["  Leads could not be read back: " + "; ".join(clean(problem, 300) for problem in found["problems"])]
    line = (
        f"  Read back: {counted(found['looked_at'], 'lead')}; {found['differing']:,} changed there since we wrote them"
    )
    after = " (the next delivery sends them again)" if found["differing"] else ""
    return [f"{line}{after}, {found['gone']:,} no longer there."]


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
