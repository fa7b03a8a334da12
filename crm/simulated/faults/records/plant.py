"""Plant what is to be planted into the record of a clean company, each fault from a random stream of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated.faults.records.call_logs import plant_incomplete_call_logs
from leadq.crm.simulated.faults.records.churn import plant_churn
from leadq.crm.simulated.faults.records.late_entries import plant_late_entries
from leadq.crm.simulated.faults.records.mailings import plant_mailings_to_the_lost, plant_missed_nurture
from leadq.crm.simulated.faults.records.outside_office_hours import plant_outside_office_hours
from leadq.crm.simulated.faults.records.re_entries import plant_re_entries
from leadq.crm.simulated.faults.records.reasons_given import plant_contradicting_reasons, plant_everything_accepted
from leadq.crm.simulated.faults.records.silent_reranking import plant_silent_reranking
from leadq.crm.simulated.faults.records.stuffed_campaign import plant_stuffed_campaign
from leadq.crm.simulated.faults.records.world_marks import mark_world
from leadq.crm.simulated.faults.records.wrong_rejections import plant_wrong_rejections
from leadq.crm.simulated.sales.nurture import nurture_mails
from leadq.crm.simulated.sales.office_hours import OfficeHours
from leadq.crm.simulated.sales.sales_record import SalesRecord


def plant(record: SalesRecord, office: OfficeHours) -> SalesRecord:
    """Plant the faults of the company's settings.

    Answers come first, then what follows them: mails to leads given back, second tries, and last what is written down of it all.
    """
    return _plant_records(_plant_mails(_plant_answers(mark_world(record), office), office))


def _plant_answers(record: SalesRecord, office: OfficeHours) -> SalesRecord:
    planted = record.world.settings.planted
    if planted.silent_reranking:
        record = plant_silent_reranking(record)
    if planted.wrong_rejections:
        record = plant_wrong_rejections(record, office, planted.wrong_rejections, _random(record, "wrong-rejections"))
    if planted.contradicting_reasons:
        record = plant_contradicting_reasons(
            record, planted.contradicting_reasons, _random(record, "contradicting-reasons")
        )
    if planted.everything_accepted:
        record = plant_everything_accepted(record, office, planted.everything_accepted)
    return record


def _plant_mails(record: SalesRecord, office: OfficeHours) -> SalesRecord:
    planted = record.world.settings.planted
    record = replace(record, events=nurture_mails(record.world, office, record.answers))
    if planted.missed_nurture:
        record = plant_missed_nurture(record, planted.missed_nurture, _random(record, "missed-nurture"))
    if planted.mailings_to_the_lost:
        record = plant_mailings_to_the_lost(
            record, office, planted.mailings_to_the_lost, _random(record, "mailings-to-the-lost")
        )
    if planted.stuffed_campaign:
        record = plant_stuffed_campaign(record, planted.stuffed_campaign, _random(record, "stuffed-campaign"))
    if planted.re_entries:
        record = plant_re_entries(record, office, planted.re_entries, _random(record, "re-entries"))
    return record


def _plant_records(record: SalesRecord) -> SalesRecord:
    planted = record.world.settings.planted
    if planted.outside_office_hours:
        record = plant_outside_office_hours(
            record, planted.outside_office_hours, _random(record, "outside-office-hours")
        )
    if planted.incomplete_call_logs:
        record = plant_incomplete_call_logs(
            record, planted.incomplete_call_logs, _random(record, "incomplete-call-logs")
        )
    if planted.late_entries:
        record = plant_late_entries(record, planted.late_entries, _random(record, "late-entries"))
    if planted.churn:
        record = plant_churn(record, planted.churn, _random(record, "churn"))
    return record


def _random(record: SalesRecord, name: str) -> np.random.Generator:
    return record.world.settings.random(f"faults.{name}")
