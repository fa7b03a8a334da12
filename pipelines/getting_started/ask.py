"""Questions of a proposal asked at the terminal, one after the other, until a person has answered or left each of them."""

from __future__ import annotations

from collections.abc import Callable

from leadq.crm.reading.proposal.asking.questions import Question
from leadq.crm.reading.proposal.mapping_proposal import Looking, Proposed
from leadq.pipelines.console.command_result import for_a_terminal

Ask = Callable[[str], str | None]
"""Shows a text and returns the line that a person typed; None where nobody is there any more."""
_MOST_TIMES = 3


def propose_with_answers(looking: Looking, ask: Ask | None) -> Proposed:
    """Return the proposal with what a person answered; without ``ask`` as the files say it."""
    answers: dict[str, str] = {}
    left: set[str] = set()
    proposed = looking.propose(answers)
    while ask is not None:
        question = next((one for one in proposed.questions if one.key not in left), None)
        if question is None:
            break
        answer = _answer(question, ask)
        if answer is None:
            break
        if answer:
            answers[question.key] = answer
            proposed = looking.propose(answers)
        else:
            left.add(question.key)
    return proposed


def _answer(question: Question, ask: Ask) -> str | None:
    """Return the key of the choice (several are one a line), empty where the question is left open, None at the end of the input."""
    shown = [question.asks, *(f"  {place}  {choice.says}" for place, choice in enumerate(question.choices, 1))]
    how = "numbers with a comma between them" if question.many else "a number"
    text = for_a_terminal("\n".join(shown)) + f"\nType {how}, or Enter to leave it open: "
    for _ in range(_MOST_TIMES):
        typed = ask(text)
        if typed is None:
            return None
        places = _places(typed, len(question.choices))
        if places == [] or (places and (question.many or len(places) == 1)):
            return "\n".join(question.choices[place - 1].key for place in places)
        text = f"Please type {how} from 1 to {len(question.choices)}, or Enter: "
    return ""


def _places(typed: str, most: int) -> list[int] | None:
    """Return the numbers typed; None where it is something else."""
    parts = [part for part in typed.replace(",", " ").split() if part]
    if not all(part.isdecimal() and 1 <= int(part) <= most for part in parts):
        return None
    return [int(part) for part in dict.fromkeys(parts)]
