"""One generated file from proposal to history, nobody editing: right, refused with a remedy that works, or wrong in silence."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from pathlib import Path

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_history
from leadq.crm.reading.proposal.mapping_proposal import propose_mapping
from leadq.foundation.problems import LeadqError
from tests.crm.reading.generator.cells import Table, table
from tests.crm.reading.generator.comparison import Difference, differences
from tests.crm.reading.generator.plan import Plan, draw
from tests.crm.reading.generator.remedies import Known, paste
from tests.crm.reading.generator.truth import READ_AT
from tests.crm.reading.generator.written import write

RIGHT, REFUSED, HELPLESS, TOLD, SILENT, CRASHED = "right", "refused", "helpless", "told", "silent", "crashed"
"""Right; refused and right after the remedy; refused and not; wrong but said; wrong in silence; another error than ours."""
VERDICTS = (RIGHT, REFUSED, HELPLESS, TOLD, SILENT, CRASHED)
_ROUNDS = 4


@dataclass(slots=True)
class Judgement:
    """What became of one file: ``said`` are the problems of a refusal, ``pasted`` the lines taken out of them."""

    plan: Plan
    verdict: str = RIGHT
    wrong: list[Difference] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    pasted: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = "; ".join(f"{kind}: {value}" for kind, value in self.plan.kinds.items())
        parts = [f"seed {self.plan.seed}: {self.verdict} ({kinds})"]
        parts += [f"  - {one.about}: {one.words}{' (told)' if one.told else ''}" for one in self.wrong]
        parts += [f"  ! {' '.join(one.split())[:600]}" for one in self.said]
        parts += [f"  > {line}" for line in self.pasted]
        return "\n".join(parts)


def judge(seed: int, folder: Path) -> Judgement:
    """Make the file of ``seed`` in ``folder``, read it and follow what is said."""
    plan = draw(seed)
    found = table(plan)
    path = write(plan, found, folder)
    result = Judgement(plan)
    try:
        _read(plan, found, path, folder, result)
    except Exception:
        result.verdict = CRASHED
        result.said.append(traceback.format_exc()[-700:])
    return result


def _read(plan: Plan, found: Table, path: Path, folder: Path, result: Judgement) -> None:
    try:
        text = propose_mapping(path)
    except LeadqError as refused:
        result.verdict = HELPLESS
        result.said.append(f"at init: {refused}")
        return
    yaml = folder / "leadq.yaml"
    yaml.write_text(text, encoding="utf-8")
    for _ in range(_ROUNDS):
        history = _history(yaml, folder, result)
        if history is not None:
            break
        lines = paste(yaml, result.said[-1], known(plan))
        if not lines:
            result.verdict = HELPLESS
            return
        result.pasted += lines
    if history is None:
        result.verdict = HELPLESS
        return
    result.wrong = differences(plan, found, history)
    if any(not one.told for one in result.wrong):
        result.verdict = SILENT
    elif result.wrong:
        result.verdict = TOLD
    else:
        result.verdict = REFUSED if result.said else RIGHT


def known(plan: Plan) -> Known:
    """Return what a person would know of the file."""
    head = plan.headings
    return Known(
        encoding=plan.encoding,
        outcome=head["outcome"] if plan.outcome != "two_flags" else "",
        won=plan.won,
        lost=plan.lost,
        open=plan.open,
        orders={head[role]: {form.order for form in forms if form.order} for role, forms in plan.times.items()},
        decimals={head[role]: form.decimal for role, form in plan.numbers.items()},
    )


def _history(yaml: Path, folder: Path, result: Judgement) -> History | None:
    try:
        config = read_config(yaml)
        return read_history(config, folder=folder / "history", read_at=READ_AT)
    except LeadqError as refused:
        result.said.append(str(refused))
        return None
