"""The lists that a model was trained with, as its catalogue holds them: what tonight's features are read by, whatever is installed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Terms = tuple[tuple[str, tuple[str, ...]], ...]
"""Labels in the order in which they are tried, each with its terms; ``*`` in a term stands for any letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Lists of one training.

    Parameters
    ----------
    seniority, function : Terms
        What stands in a title, in small letters, with and without accents.
    free_mail : tuple of str
        Domains at which anybody gets an address.
    education, public_body : tuple of str
        Endings of domains, ``"edu.sg"``, without the dot before them.
    size_fields : tuple of str
        Own fields (``"lead.company_size"``) that hold sizes of companies as words: they become numbers, too.
    sources : dict of str to str
        Where the lists come from, and of which version.
    """

    seniority: Terms
    function: Terms
    free_mail: tuple[str, ...]
    education: tuple[str, ...]
    public_body: tuple[str, ...]
    size_fields: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """Return it for JSON: domains on one line each list, terms by label."""
        return {
            "seniority": [[label, ", ".join(terms)] for label, terms in self.seniority],
            "function": [[label, ", ".join(terms)] for label, terms in self.function],
            "free_mail": " ".join(self.free_mail),
            "education": " ".join(self.education),
            "public_body": " ".join(self.public_body),
            "size_fields": list(self.size_fields),
            "sources": dict(sorted(self.sources.items())),
        }

    @staticmethod
    def from_document(document: dict[str, Any]) -> Meaning:
        """Read what :meth:`to_document` made."""
        return Meaning(
            seniority=_terms(document["seniority"]),
            function=_terms(document["function"]),
            free_mail=tuple(document["free_mail"].split()),
            education=tuple(document["education"].split()),
            public_body=tuple(document["public_body"].split()),
            size_fields=tuple(document["size_fields"]),
            sources=dict(document["sources"]),
        )


def _terms(rows: list[list[str]]) -> Terms:
    return tuple((label, tuple(terms.split(", "))) for label, terms in rows)
