"""Names that mean the outcome or what sales did: quarantined until somebody vouches for the field in leadq.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from leadq.features.leak_checks.finding import BY_NAME, LeakFinding

PATTERNS = ("*status*", "stage", "close*", "won*", "lost*", "amount", "last_activity*", "owner*")


def check_names(fields: Iterable[str]) -> Iterator[LeakFinding]:
    """Hold column names (``"leads.deal_status"``) against the patterns; spelling with blanks or capitals does not help."""
    for field in fields:
        plain = field.partition(".")[2].strip().lower().replace(" ", "_").replace("-", "_")
        pattern = next((pattern for pattern in PATTERNS if fnmatchcase(plain, pattern)), None)
        if pattern is not None:
            yield LeakFinding(
                check=BY_NAME,
                name="a name that means the outcome",
                field=field,
                figure=1.0,
                limit=0.0,
                consequence="quarantine",
                sentence=f"{field} is named like {pattern}: such a field usually shows the outcome. "
                "Vouch for it in leadq.yaml if it is known beforehand.",
            )
