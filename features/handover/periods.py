"""Which source counts when: one per company and period. A change of source is a break that no window of figures crosses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadq.agreement.terms.measured_terms import HandOver
from leadq.features.handover.sources import LAST_RESORT, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time in which hand-overs are read from one source.

    Parameters
    ----------
    source : HandOver
    from_us, until_us : int or None
        ``until_us`` is no part of it; None where there is no beginning or no end.
    """

    source: HandOver
    from_us: int | None
    until_us: int | None


def periods(sources: Sequence[Source], agreed: HandOver | None = None) -> tuple[Period, ...]:
    """Return the periods, oldest first; none where the agreed source is not recorded.

    Parameters
    ----------
    sources : sequence of Source
        In their order: at any time the first that is recorded counts, the last resort only where there is no other.
    agreed : HandOver, optional
        The only source that counts, as the agreement says.
    """
    chosen = [one for one in sources if agreed in (None, one.name)]
    if len(chosen) > 1:  # a last resort: where anything else is recorded, who was there before that is backlog
        chosen = [one for one in chosen if one.name != LAST_RESORT]
    if not chosen:
        return ()
    begins = sorted({one.since_us for one in chosen}, key=lambda since: (since is not None, since or 0))
    in_force = [(since, next(one.name for one in chosen if _recorded_at(one, since))) for since in begins]
    changes = [one for place, one in enumerate(in_force) if not place or in_force[place - 1][1] != one[1]]
    ends = [since for since, _ in changes[1:]] + [None]
    return tuple(
        Period(source=name, from_us=since, until_us=until) for (since, name), until in zip(changes, ends, strict=True)
    )


def _recorded_at(source: Source, moment_us: int | None) -> bool:
    return source.since_us is None or (moment_us is not None and source.since_us <= moment_us)
