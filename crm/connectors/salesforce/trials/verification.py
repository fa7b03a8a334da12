"""``leadq crm verify`` for Salesforce: every assumption that can be tried without harm, tried on a real organisation.

Without a lead nothing is written: jobs and calls name leads that do not exist. What stays untried: limits that only a large load
meets, batches that Salesforce tries again, jobs older than seven days, and what flows do elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from leadq.crm.connectors.protocol import TargetField
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.history.bulk_query import SalesforceReader
from leadq.crm.connectors.salesforce.history.queries import HistorySettings
from leadq.crm.connectors.salesforce.trials import (
    jobs as trials_jobs,
)
from leadq.crm.connectors.salesforce.trials import (
    lead as trials_lead,
)
from leadq.crm.connectors.salesforce.trials import (
    reading as trials_reading,
)
from leadq.crm.connectors.salesforce.trials import (
    rights as trials_rights,
)
from leadq.crm.connectors.salesforce.trials.trial import Trial, tried
from leadq.crm.connectors.verification import Finding, Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceVerification:
    """Tries one organisation.

    Parameters
    ----------
    connection : Connection
    settings : mapping
        Of the history, as :class:`leadq.crm.connectors.salesforce.history.queries.HistorySettings` takes them.
    """

    connection: Connection
    settings: Mapping[str, Any]

    def verify(self, fields: Sequence[TargetField], *, lead_id: str) -> Verified:
        """Try all of it; with a lead, write that lead's present values again.

        Raises
        ------
        LeadqError
            We are not let in, or Salesforce is away.
        UsageError
            There is no such lead.
        """
        who = trials_reading.who(self.connection)
        user = SalesforceReader(self.connection).our_user()
        findings = list(self._findings(fields))
        writing = trials_lead.Writing()
        if lead_id:
            trial = partial(trials_lead.lead, self.connection, fields, lead_id, our_user=user, writing=writing)
            findings += tried("a lead keeps its values", trial)
        return Verified(who={**who, "user": user}, findings=tuple(findings), written=writing.is_done)

    def _findings(self, fields: Sequence[TargetField]) -> Iterator[Finding]:
        connection = self.connection
        trials: Mapping[str, Trial] = {
            "calls and errors": partial(trials_reading.calls, connection),
            "rights on fields": partial(trials_rights.fields, connection, fields),
            "rules": partial(trials_rights.rules, connection),
            "reading the history": partial(trials_rights.history, connection, HistorySettings(**self.settings)),
            "reading leads": partial(trials_reading.leads, connection),
            "bulk queries": partial(trials_reading.bulk_queries, connection),
            "Collections": partial(trials_jobs.collections, connection),
            "a job without rows": partial(trials_jobs.open_job, connection),
            "a job with an unknown field": partial(trials_jobs.unknown_field, connection),
            "a job of refused rows": partial(trials_jobs.refused_rows, connection),
        }
        for name, trial in trials.items():
            yield from tried(name, trial)
