"""Plain SQL, one query a planted fault, over the tables that a company exports: each gives one figure, and from where on it is a fault.

Nothing of the simulation is used here but the template's agreement: Monday to Friday 9 to 17 UTC, four hours for T1, six attempts.
"""

from __future__ import annotations

from dataclasses import dataclass

MACROS = """
CREATE MACRO opened(t) AS (  -- open seconds since Monday, 5 January 1970
    (date_diff('day', DATE '1970-01-05', t::DATE) // 7 * 5
        + least(date_diff('day', DATE '1970-01-05', t::DATE) % 7, 5)) * 28800
    + CASE WHEN isodow(t) <= 5 THEN greatest(0, least(date_diff('second', t::DATE::TIMESTAMP, t::TIMESTAMP) - 32400, 28800)) ELSE 0 END
);
CREATE MACRO business_hours(a, b) AS (opened(b) - opened(a)) / 3600;
CREATE VIEW sold AS SELECT lead_id, min(closed_at) AS won_at FROM opportunities WHERE outcome = 'won' GROUP BY lead_id;
CREATE VIEW called AS SELECT lead_id, min(occurred_at) AS first_at, count(*) AS calls FROM touches WHERE direction = 'out' GROUP BY lead_id;
CREATE VIEW clock AS SELECT max(occurred_at) AS read_at FROM events;
CREATE VIEW answered AS SELECT lead_id, arg_max(reason, decided_at) AS reason, arg_max(decision, decided_at) AS decision,
    max(decided_at) AS decided_at FROM dispositions GROUP BY lead_id;
CREATE VIEW matured AS  -- handed over, horizon over: won within it?
    SELECT l.*, read_at, won_at <= l.created_at + INTERVAL 90 DAY AS won, l.created_at > read_at - INTERVAL 270 DAY AS late
    FROM leads l LEFT JOIN sold USING (lead_id), clock
    WHERE handed_off_at IS NOT NULL AND l.created_at <= read_at - INTERVAL 91 DAY;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A figure, and the limit above which it is a fault."""

    sql: str
    above: float


NURTURE = "('not_decision_maker', 'no_budget', 'timeline_over_12_months', 'unreachable')"
QUERIES: dict[str, Query] = {
    "outside-office-hours": Query(
        above=0.05,
        sql="""
        SELECT avg((isodow(occurred_at) > 5 OR hour(occurred_at) < 9 OR hour(occurred_at) >= 17)::INT)
        FROM touches WHERE direction = 'out'""",
    ),
    "closed-on-holidays": Query(
        above=5,
        sql="""
        SELECT count(*) FROM range((SELECT min(occurred_at)::DATE + 30 FROM touches), (SELECT max(occurred_at)::DATE - 7 FROM touches),
            INTERVAL 1 DAY) AS days(day)
        WHERE isodow(day) <= 5 AND day::DATE NOT IN (SELECT occurred_at::DATE FROM touches)""",
    ),
    "system-delay": Query(
        above=0.05,
        sql="SELECT avg((business_hours(created_at, handed_off_at) > 1)::INT) FROM leads WHERE handed_off_at IS NOT NULL",
    ),
    "rep-delay": Query(
        above=0.05,
        sql="SELECT avg((business_hours(handed_off_at, first_at) > 4)::INT) FROM leads JOIN called USING (lead_id)",
    ),
    "silent-reranking": Query(
        above=0,
        sql="""
        WITH tried AS (
            SELECT owner, source, count(*) AS leads, avg(calls) AS calls FROM (
                SELECT l.lead_id, l.owner, l.source, count(t.lead_id) AS calls FROM leads l
                LEFT JOIN touches t ON t.lead_id = l.lead_id AND direction = 'out' AND occurred_at < handed_off_at + INTERVAL 14 DAY
                WHERE handed_off_at + INTERVAL 14 DAY < coalesce(closed_at, TIMESTAMPTZ '2100-01-01')
                GROUP BY ALL) GROUP BY ALL)
        SELECT count(DISTINCT owner) FROM tried JOIN (SELECT owner, max(calls) AS most FROM tried GROUP BY owner) USING (owner)
        WHERE leads >= 5 AND calls < 0.4 * most""",
    ),
    "wrong-rejections": Query(
        above=0,
        sql="""
        SELECT count(*) FROM sold JOIN dispositions d USING (lead_id) WHERE decision = 'rejected' AND decided_at < won_at""",
    ),
    "contradicting-reasons": Query(
        above=0.05,
        sql="""
        SELECT avg((CASE reason
            WHEN 'unreachable' THEN (SELECT count(*) FROM touches t WHERE t.lead_id = d.lead_id AND direction = 'out'
                AND occurred_at <= decided_at) < 6
            WHEN 'student' THEN l.email_domain NOT LIKE '%.edu'
            WHEN 'competitor' THEN l.email_domain <> 'rival.example'
            WHEN 'outside_icp' THEN NOT coalesce(a.industry NOT IN ('software', 'logistics') OR a.employees NOT BETWEEN 80 AND 900
                OR a.country NOT IN ('DE', 'FR', 'NL'), FALSE)
            WHEN 'no_budget' THEN l.budget IS DISTINCT FROM 'none'
            WHEN 'not_decision_maker' THEN l.authority IS DISTINCT FROM 'none'
            WHEN 'timeline_over_12_months' THEN l.timeline IS DISTINCT FROM 'next_year'
            WHEN 'duplicate' THEN d.lead_id NOT IN (SELECT old_lead_id FROM lead_aliases)
            ELSE FALSE END)::INT)
        FROM dispositions d JOIN leads l USING (lead_id) LEFT JOIN accounts a ON a.account_id = l.account_id
        WHERE decision = 'rejected'""",
    ),
    "stuffed-campaign": Query(
        above=4,
        sql="""
        WITH asked AS (
            SELECT campaign, created_at > read_at - INTERVAL 300 DAY AS late, count(*) AS leads,
                sum((SELECT count(*) FROM events e WHERE e.lead_id = l.lead_id AND kind = 'demo_request')) AS requests
            FROM leads l, clock WHERE campaign IS NOT NULL GROUP BY ALL HAVING count(*) >= 50)
        SELECT max(b.requests / b.leads / ((a.requests + 1) / a.leads)) FROM asked a JOIN asked b USING (campaign)
        WHERE b.late AND NOT a.late""",
    ),
    "softer-checks": Query(
        above=0.15,
        sql="""
        SELECT avg(fits) FILTER (NOT late) - avg(fits) FILTER (late) FROM (
            SELECT min(l.created_at) > any_value(read_at) - INTERVAL 300 DAY AS late, any_value(employees BETWEEN 50 AND 5000)::INT AS fits
            FROM leads l JOIN accounts USING (account_id), clock WHERE employees IS NOT NULL GROUP BY account_id)""",
    ),
    "late-entries": Query(
        above=0,
        sql="""
        SELECT count(*) FROM opportunities now JOIN earlier.opportunities before USING (opportunity_id), earlier.clock
        WHERE now.closed_at <= read_at AND before.closed_at IS NULL""",
    ),
    "missed-nurture": Query(
        above=0.05,
        sql=f"""
        SELECT avg((NOT EXISTS (SELECT 1 FROM events e WHERE e.lead_id = a.lead_id AND channel = 'nurture'
            AND occurred_at BETWEEN decided_at AND decided_at + INTERVAL 30 DAY))::INT)
        FROM answered a, clock WHERE reason IN {NURTURE} AND decided_at < read_at - INTERVAL 31 DAY
            AND NOT EXISTS (SELECT 1 FROM events e WHERE e.lead_id = a.lead_id AND kind = 'unsubscribe')""",
    ),
    "unequal-owners": Query(
        above=31.3,  # chi-squared with 11 degrees of freedom, 0.1 %
        sql="""
        WITH owned AS (SELECT owner, count(*) AS leads, count(*) FILTER (won) AS wins FROM matured GROUP BY owner),
            everybody AS (SELECT sum(wins) / sum(leads) AS rate FROM owned)
        SELECT sum((wins - leads * rate) ** 2 / (leads * rate * (1 - rate))) FROM owned, everybody""",
    ),
    "everything-accepted": Query(
        above=0.97,
        sql="SELECT avg((decision = 'accepted')::INT) FROM dispositions, clock WHERE decided_at > read_at - INTERVAL 56 DAY",
    ),
    "best-leads-uncalled": Query(
        above=0.02,
        sql="""
        SELECT avg((first_at IS NULL)::INT) FROM leads LEFT JOIN called USING (lead_id), clock
        WHERE handed_off_at < read_at - INTERVAL 30 DAY""",
    ),
    "hopeful-model": Query(  # leads of companies that had not bought, against the same months a year before: in standard errors
        above=2.8,
        sql="""
        WITH compared AS (
                SELECT * FROM matured l WHERE (late OR created_at BETWEEN read_at - INTERVAL 635 DAY AND read_at - INTERVAL 456 DAY)
                AND NOT EXISTS (SELECT 1 FROM opportunities o WHERE o.account_id = l.account_id AND outcome = 'won'
                    AND o.closed_at < l.created_at)),
            rates AS (SELECT late, count(*) AS leads, count(*) FILTER (won) AS wins FROM compared GROUP BY late)
        SELECT ln((b.wins / b.leads) / (a.wins / a.leads)) / sqrt(1 / a.wins - 1 / a.leads + 1 / b.wins - 1 / b.leads)
        FROM rates a JOIN rates b ON a.late AND NOT b.late""",
    ),
    "churn": Query(
        above=0,
        sql="""
        WITH bought AS (
            SELECT c.account_id, min(started_at) AS started_at, min(ended_at) AS ended_at, arg_min(l.source, o.closed_at) AS source
            FROM customers c JOIN opportunities o USING (account_id) JOIN leads l USING (lead_id) WHERE outcome = 'won' GROUP BY ALL)
        SELECT count(*) FROM (
            SELECT source FROM bought, clock WHERE started_at < read_at - INTERVAL 365 DAY
            GROUP BY source HAVING count(*) >= 10 AND avg(coalesce(ended_at < started_at + INTERVAL 365 DAY, FALSE)::INT) > 0.35)""",
    ),
    "random-slice": Query(
        above=0,
        sql="SELECT count(*) FROM leads WHERE to_json(leads)->>'lq_sample' = 'true' AND handed_off_at IS NOT NULL",
    ),
    "re-entries": Query(
        above=0,
        sql="""
        SELECT count(*) FROM leads l JOIN events e USING (lead_id) JOIN opportunities o USING (lead_id)
        WHERE e.kind = 'demo_request' AND e.occurred_at > l.closed_at AND o.created_at > e.occurred_at""",
    ),
    "incomplete-call-logs": Query(
        above=0.1,
        sql="SELECT avg((first_at IS NULL)::INT) FROM sold LEFT JOIN called USING (lead_id) WHERE lead_id IS NOT NULL",
    ),
    "mailings-to-the-lost": Query(
        above=0,
        sql=f"""
        SELECT count(*) FROM events e LEFT JOIN answered a USING (lead_id)
        WHERE channel = 'nurture' AND coalesce(reason NOT IN {NURTURE}, TRUE)""",
    ),
}
DUTIES: dict[str, str] = {
    "answered within five business days": """
        SELECT avg((answer_at IS NULL OR business_hours(handed_off_at, answer_at) > 36)::INT) FROM clock, leads
        LEFT JOIN (SELECT lead_id, min(decided_at) AS answer_at FROM dispositions GROUP BY lead_id) USING (lead_id)
        WHERE handed_off_at < read_at - INTERVAL 10 DAY""",
    "called again after it was accepted": """
        SELECT avg((NOT EXISTS (SELECT 1 FROM touches t WHERE t.lead_id = d.lead_id AND direction = 'out'
            AND occurred_at BETWEEN decided_at AND decided_at + INTERVAL 14 DAY))::INT)
        FROM dispositions d, clock WHERE decision = 'accepted' AND decided_at < read_at - INTERVAL 14 DAY""",
    "six attempts on three days before unreachable": """
        SELECT avg((attempts < 6 OR days < 3)::INT) FROM (
            SELECT d.lead_id, count(*) AS attempts, count(DISTINCT occurred_at::DATE) AS days
            FROM dispositions d JOIN touches t USING (lead_id)
            WHERE reason = 'unreachable' AND direction = 'out' AND occurred_at <= decided_at GROUP BY ALL)""",
    "answers and deals in office hours": """
        SELECT avg((opened(moment) = opened(moment + INTERVAL 1 SECOND))::INT) FROM (
            SELECT decided_at AS moment FROM dispositions UNION ALL SELECT created_at FROM opportunities
            UNION ALL SELECT closed_at FROM opportunities WHERE closed_at IS NOT NULL)""",
    "an owner wherever it was handed over, and nowhere else": """
        SELECT avg(((owner IS NULL) <> (handed_off_at IS NULL))::INT) FROM leads""",
    "accepted or rejected if it was handed over": """
        SELECT avg((handed_off_at IS NULL)::INT) FROM dispositions JOIN leads USING (lead_id)""",
}
"""What a clean company owes beside what the faults break: share of the cases in which it is not kept."""
