"""The agreement in words, for the people who sign it: Markdown that also reads well as plain text."""

from __future__ import annotations

from itertools import groupby

from leadq.agreement.clauses import VERSION, Fact, facts
from leadq.agreement.schema import Agreement
from leadq.agreement.signing.signed_text import terms_sha256

FRAME = "Frame"


def in_words(agreement: Agreement) -> str:
    """Return everything that was agreed, as Markdown.

    Parameters
    ----------
    agreement : Agreement

    Returns
    -------
    str
        A title with the version, a heading a part, and a line for each thing agreed. Two agreements that differ in
        anything give two texts.
    """
    lines = [f"# What sales and marketing agreed: version {agreement.version}", ""]
    for part, of_part in groupby(facts(agreement), key=lambda fact: fact.part):
        if part != FRAME:
            lines += [f"## {part}", ""]
        for subject, of_subject in groupby(of_part, key=lambda fact: fact.subject):
            if subject:
                lines += [f"### {subject}", ""]
            lines += [_line(fact) for fact in of_subject if (fact.part, fact.about) != (FRAME, VERSION)]
            lines.append("")
    if agreement.sha256:
        lines += [f"Text of the file: SHA-256 `{agreement.sha256}`.", ""]
        lines += [f"What is signed, the file without its signatures: SHA-256 `{terms_sha256(agreement.text)}`.", ""]
    return "\n".join(lines)


def _line(fact: Fact) -> str:
    about = " ".join(fact.about.split())
    words = " ".join(fact.words.split())
    return f"- {about}: {words}" if words else f"- {about}"
