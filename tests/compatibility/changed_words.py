"""Sentences that were rewritten since the former commit: its texts in today's words, so that all else is compared byte for byte."""

from __future__ import annotations

import re

_TEXTS = (".txt", ".html")
_CHANGED = tuple(
    (re.compile(pattern.encode()), now.encode())
    for pattern, now in (
        (r"\bAll is delivered\.", "Delivered."),
        (r"Delivered, but for the rows below; they are tried", "Delivered, except for the rows below; the next delivery tries"),
        (r"These scores were delivered before: nothing was sent now\.", "These scores were delivered before, so nothing was sent now."),
        (r"Read back: ([\d,]+) leads, ([\d,]+) differ from what was confirmed, ([\d,]+) are gone\.",
         r"Read back: \1 leads; \2 changed there since we wrote them, \3 no longer there."),
        (r"In another tier than when last compared:", "Changed tier since the last score:"),
        (r"(?<=[(, ])([\d,]+) by (the lead itself|a new model|agreed rules|the agreement)", r"\1 because of \2"),
        (r"(?<=[(, ])([\d,]+) by win rates", r"\1 because of new win rates"),
        (r"Each one stands in ", "They are listed with the reason in "),
        (r"Facts that are not listed count too\. Reasons describe such leads; they are no causes\.",
         "Facts that are not listed also count. Reasons say how leads like this one did, not what makes a lead win."),
        (r"\b1 days\b", "1 day"),
        (r"not won within the time that counts", "not won within the agreed time"),
        (r"Most of it lies in:", "Mainly in:"),
        (r"Out of the playbook of sales, not out of the model\.", "From the sales playbook, not from the model."),
        (r"Past leads whose scores came about in much the same way\. Three examples, not a rate\.",
         "Past leads whose scores had much the same reasons. They are examples, not a win rate."),
    )
)  # fmt: skip


def in_todays_words(name: str, content: bytes) -> bytes:
    """Return what the former commit wrote into the file ``name`` with the sentences of today; other files stay as they are."""
    if not name.endswith(_TEXTS):
        return content
    for pattern, now in _CHANGED:
        content = pattern.sub(now, content)
    return content


def said_today(said: str) -> str:
    """Return what a command of the former commit said, in today's words."""
    return in_todays_words("said.txt", said.encode()).decode()
