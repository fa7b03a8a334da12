"""What can be set about landmarks and features; the data team's defaults, read from params.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSettings:
    """Parameters of landmarks and features.

    Parameters
    ----------
    ages_days : tuple of float
        Grid of landmarks, days after creation, ascending from 0. Trimmed to the last age with enough wins after it.
    worked_within_days : int
        A row is in the training population when sales touched the lead no later than this many days after as-of.
    min_wins_at_age : int
        A landmark needs this many mature wins after it; past the last such age nothing is scored.
    min_rows_of_value : int
        A category value needs this many leads to get a code of its own.
    max_values : int
        Largest vocabulary of a category (the rest is "other").
    max_event_kinds : int
        Only the most frequent kinds become features.
    min_leads_of_kind : int
        A kind seen on fewer leads is left out.
    groups : tuple of str
        Feature groups of other packages to train with, by their names in the entry points ``leadq.feature_groups``.
    same_meaning : bool
        Read titles, domains, countries and sizes by the newest lists, and words without regard to capitals and blanks. False trains
        as leadq did before it had lists.
    titles : dict of str to tuple of str
        What the company's own titles say, by seniority or function, beside what leadq knows: ``{director: [Gebietsleiter]}``.
    """

    ages_days: tuple[float, ...] = (0, 1, 3, 7, 14, 30, 60, 90, 120, 180, 270, 365)
    worked_within_days: int = 14
    min_wins_at_age: int = 10
    min_rows_of_value: int = 20
    max_values: int = 60
    max_event_kinds: int = 40
    min_leads_of_kind: int = 30
    groups: tuple[str, ...] = ()
    same_meaning: bool = True
    titles: dict[str, tuple[str, ...]] = field(default_factory=dict)
