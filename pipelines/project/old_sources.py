"""Which sources of a project are older than leadq.yaml allows (``stale_after``), by the agreed calendar."""

from __future__ import annotations

from leadq.agreement.calendar.business_time import BusinessTime, business_time
from leadq.crm.contract.history import History
from leadq.crm.gate.stale_sources import StaleSource, stale_sources
from leadq.foundation.problems import AgreementError
from leadq.pipelines.project.project import Project


def stale_of(project: Project, history: History) -> tuple[StaleSource, ...]:
    """Return the sources that had nothing new for too long; none where nothing is said of any."""
    allowed = project.config.stale_after.items()
    if not allowed or not history.dated:
        return ()
    try:
        time = business_time(project.agreement.calendar, project.folder)
    except AgreementError:  # without its file of closed days every weekday is open: a source may be called old too soon
        time = BusinessTime(project.agreement.calendar)
    return stale_sources(history, allowed, time)
