"""An agreement in which every key there is has a value that is not the usual one."""

from __future__ import annotations

FULL = """\
version: 3
effective_from: 2026-10-01
review_by: 2027-01-10
signed:
  - {role: head of sales, on: 2026-09-24}
owners: {agreement: head of revenue, sponsor: chief executive}
calendar:
  time_zone: Europe/Berlin
  hours: {mon-thu: "08:00-12:00, 13:00-17:00", fri: "08:00-12:00"}
  countries: [DE-BY, FR]
  holidays: holidays.csv
outcome: {event: opportunity won, horizon_days: 90}
goal: {period: quarter, revenue: 500000, currency: EUR, accepted_leads: 180}
tiers:
  - id: T1
    promise: {win_rate_at_least: 0.30}
    owner: sales
    sla: {first_touch_business_hours: 1 business day, attempts: 6}
    capacity_per_week: 120
  - {id: T2, promise: {win_rate_at_least: 0.10}, owner: sales, sla: {first_touch_business_hours: 24, attempts: 4}}
  - {id: T3, owner: marketing}
acceptance: {confidence: 0.8, red_at: 0.9, amber_at: 0.7, drift_sd: 0.3, random_worked_share: 0.02}
on_breach: {owner: agreement owner, within_business_days: 10 business days}
clocks:
  hand_over: owner_assigned
  counts_as_touch: [call, meeting]
  unresponsive_after: 5
  logged_share_at_least: 0.8
review: {weekday: tue, at: "07:30", grace_days: 5, window_weeks: 26, people: off}
duties:
  marketing:
    T1_per_month: 80
    T1_counts: model_and_rules
    T2_per_week: 60
    hand_over_within_hours: 4 business hours
    nurture_days_when_unresponsive: 30
    share_in_time: 0.95
    context_fields: [source, title, account.employees]
  sales:
    follow_up_share: 0.9
    share_in_time: 0.90
    reject_only_on_agreed_reasons: true
    feedback_due_business_days: 20 business hours
rejection_reasons:
  - duplicate
  - {reason: unreachable, then: nurture, wake_after_days: 90, returns_on: [demo_request, pricing_page], needs: attempts}
  - {reason: outside_icp, then: close, needs: outside_ideal_customer}
  - {reason: merged, then: merge, needs: merged}
  - {reason: student, then: close, needs: {field: email_domain, ends_with: [.edu]}}
buyer_needs: [lower_cost, compliance]
"""
