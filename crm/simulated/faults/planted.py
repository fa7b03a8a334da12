"""Which faults a simulated company has: each off unless it is named, each with its own strength.

Leaves out what a fault does (``world``, ``records``) and how strong it is (``effect_sizes.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from leadq.crm.simulated.faults import effect_sizes as sizes
from leadq.foundation.problems import ConfigError, Problem
from leadq.foundation.suggestions import did_you_mean

FORMER = "former-company"
NOTHING = "nothing"
_WHERE = "planted faults of the simulated company"
_KINDS: dict[str, tuple[type[Any], str]] = {
    "outside_office_hours": (sizes.OutsideOfficeHours, "calls and mails in the evening, at night and at weekends"),
    "closed_on_holidays": (sizes.ClosedOnHolidays, "nobody works on holidays that the agreed calendar counts"),
    "system_delay": (sizes.SystemDelay, "leads reach sales hours after they should"),
    "rep_delay": (sizes.RepDelay, "first calls come days late"),
    "silent_reranking": (sizes.SilentReranking, "one rep calls the sources he likes and hardly any other"),
    "wrong_rejections": (sizes.WrongRejections, "good leads are rejected; some are worked again, some of those won"),
    "contradicting_reasons": (sizes.ContradictingReasons, "reasons for rejection that the record does not bear out"),
    "stuffed_campaign": (sizes.StuffedCampaign, "a campaign whose people click for a prize and stand in T1"),
    "softer_checks": (sizes.SofterChecks, "companies below the agreed size are handed over, too"),
    "late_entries": (sizes.LateEntries, "wins and calls are entered days late"),
    "missed_nurture": (sizes.MissedNurture, "leads given back to be nurtured hear nothing"),
    "unequal_owners": (sizes.UnequalOwners, "some reps win far more of the same leads than others"),
    "everything_accepted": (sizes.EverythingAccepted, "sales accepts whatever comes while wins fall by 30 %"),
    "best_leads_uncalled": (sizes.BestLeadsUncalled, "half of the best leads are never called"),
    "hopeful_model": (sizes.HopefulModel, "the market falls after the training: the model is 30 % too hopeful"),
    "churn": (sizes.Churn, "customers with revenue by month, who leave most where one source brought them"),
    "random_slice": (sizes.RandomSlice, "leads picked at random are worked although nobody would hand them over"),
    "re_entries": (sizes.ReEntries, "lost leads come back with a demo request, and some are won"),
    "incomplete_call_logs": (sizes.IncompleteCallLogs, "for many leads nothing that sales did is logged"),
    "mailings_to_the_lost": (sizes.MailingsToTheLost, "marketing goes on to write to leads that are lost"),
}
_OF_THE_WORLD = (
    "closed_on_holidays",
    "system_delay",
    "rep_delay",
    "silent_reranking",
    "softer_checks",
    "unequal_owners",
    "everything_accepted",
    "best_leads_uncalled",
    "hopeful_model",
    "random_slice",
)
FAULTS: dict[str, str] = {name.replace("_", "-"): words for name, (_, words) in _KINDS.items()}
"""What can be planted, by the name to plant it with, in plain words."""
WHOLE_COMPANIES = {
    NOTHING: "a clean company: every duty met, every reason as recorded",
    FORMER: "the company of leadq 0.1: calls at all hours, few attempts, reasons that nothing bears out",
}
"""Names that stand alone, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedFaults:
    """The faults of a simulated company; None is not planted, and without any the company is clean.

    ``former_company`` is the company as it was before faults could be chosen: its sales work at all hours, answer seldom and give
    reasons that the record does not bear out. It stands alone.

    Raises
    ------
    ConfigError
        A fault is planted into the former company.
    """

    former_company: bool = False
    outside_office_hours: sizes.OutsideOfficeHours | None = None
    closed_on_holidays: sizes.ClosedOnHolidays | None = None
    system_delay: sizes.SystemDelay | None = None
    rep_delay: sizes.RepDelay | None = None
    silent_reranking: sizes.SilentReranking | None = None
    wrong_rejections: sizes.WrongRejections | None = None
    contradicting_reasons: sizes.ContradictingReasons | None = None
    stuffed_campaign: sizes.StuffedCampaign | None = None
    softer_checks: sizes.SofterChecks | None = None
    late_entries: sizes.LateEntries | None = None
    missed_nurture: sizes.MissedNurture | None = None
    unequal_owners: sizes.UnequalOwners | None = None
    everything_accepted: sizes.EverythingAccepted | None = None
    best_leads_uncalled: sizes.BestLeadsUncalled | None = None
    hopeful_model: sizes.HopefulModel | None = None
    churn: sizes.Churn | None = None
    random_slice: sizes.RandomSlice | None = None
    re_entries: sizes.ReEntries | None = None
    incomplete_call_logs: sizes.IncompleteCallLogs | None = None
    mailings_to_the_lost: sizes.MailingsToTheLost | None = None

    def __post_init__(self) -> None:
        if self.former_company and self.names:
            raise ConfigError(_not_alone(FORMER, self.names))

    @classmethod
    def as_before(cls) -> PlantedFaults:
        """Return the faults of the company as it was before they could be chosen."""
        return cls(former_company=True)

    @classmethod
    def named(cls, names: Iterable[str]) -> PlantedFaults:
        """Return these faults in their usual strength; no name at all gives the clean company.

        Parameters
        ----------
        names : iterable of str
            Names of :data:`FAULTS`, or one of :data:`WHOLE_COMPANIES` alone.

        Raises
        ------
        ConfigError
            A name is unknown (all of them at once), or one that stands alone does not.
        """
        wanted = list(names)
        unknown = [name for name in wanted if name not in FAULTS and name not in WHOLE_COMPANIES]
        if unknown:
            raise ConfigError([_unknown(name) for name in unknown])
        whole = [name for name in wanted if name in WHOLE_COMPANIES]
        if whole and len(set(wanted)) > 1:
            raise ConfigError(_not_alone(whole[0], [name for name in wanted if name != whole[0]]))
        kinds = {name.replace("-", "_") for name in wanted if name in FAULTS}
        return cls(former_company=FORMER in wanted, **{kind: _KINDS[kind][0]() for kind in kinds})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is planted, without the former company's."""
        return tuple(name for name in FAULTS if getattr(self, name.replace("-", "_")) is not None)

    def without_faults_of_the_world(self) -> PlantedFaults:
        """Return the same without the faults that change what happens to leads, and not only what is written down."""
        kept = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _OF_THE_WORLD}
        return PlantedFaults(**kept)

    def as_document(self) -> dict[str, Any]:
        """Plain data with every effect size, as it stands beside the truth."""
        planted = {name: asdict(getattr(self, name.replace("-", "_"))) for name in self.names}
        return {FORMER: self.former_company, "faults": planted}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> PlantedFaults:
        """Read what :meth:`as_document` gave.

        Raises
        ------
        KeyError, TypeError, ValueError
            It did not.
        """
        planted = {}
        for name, values in document["faults"].items():
            kind = name.replace("-", "_")
            texts = {field: tuple(value) if isinstance(value, list) else value for field, value in values.items()}
            planted[kind] = _KINDS[kind][0](**texts)
        return cls(former_company=bool(document[FORMER]), **planted)


def _unknown(name: str) -> Problem:
    names = [*FAULTS, *WHOLE_COMPANIES]
    return Problem(
        where=_WHERE,
        rule="each must be a known name",
        value=repr(name),
        remedy=f"{did_you_mean(name, names)}All names: {', '.join(names)}.",
    )


def _not_alone(whole: str, others: Sequence[str]) -> Problem:
    return Problem(
        where=_WHERE,
        rule=f"{whole} must be planted alone",
        value=", ".join(others),
        remedy=f"Leave {whole} out: {others[0]} is then planted into a clean company.",
    )


assert {field.name for field in fields(PlantedFaults)} == {"former_company", *_KINDS}
