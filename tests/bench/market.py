"""A year of leads with their ledger, deeds, handoffs, clocks, attempts and deals, made in the database: what reports count."""

from __future__ import annotations

from typing import Any

from django.db import connection

from tests.cast import NOW, Cast

# Each lead's fate is drawn from `r`, 0 to 999: how far it got.
FATE = "(n * 7919::bigint) %% 1000"
RECEIVED = "%(at)s - interval '365 days' + make_interval(secs => n::float8 * 364 * 86400 / %(leads)s)"
STAGES = (("known", 1000, 0), ("engaged", 1000, 1), ("mql", 1000, 2), ("tal", 800, 40), ("tql", 400, 60), ("sal", 350, 1500),
          ("opportunity", 150, 4000), ("won", 50, 30000))  # fmt: skip
ENTRIES = " UNION ALL ".join(
    f"SELECT l.id, '{stage}', l.received_at + interval '{minutes} minutes', {place}, {limit} FROM made l WHERE l.r < {limit}"
    for place, (stage, limit, minutes) in enumerate(STAGES)
)

STATEMENTS = (
    "SET session_replication_role = replica",  # what the triggers would note is rolled up afterwards
    """
    INSERT INTO leads_campaign (public_id, key, name, channel) SELECT gen_random_uuid(), 'c' || n, 'Campaign ' || n, 'web'
    FROM generate_series(1, 20) n
    """,
    """
    INSERT INTO leads_campaigncost (campaign_id, month, amount, currency, base_amount, rate, note)
    SELECT c.id, m::date, 1000, 'EUR', 1000, 1, '' FROM leads_campaign c,
        generate_series(date_trunc('month', %(at)s::timestamp) - interval '12 months', %(at)s::timestamp, interval '1 month') m
    """,
    """
    INSERT INTO leads_person (public_id, first_name, last_name, job_title, seniority, department, country, city, handle, language,
        time_zone, time_zone_origin, mail_kind, attributes, created_at)
    SELECT gen_random_uuid(), 'First', 'Last ' || n, '', '', '', 'DE', '', '', '', '', '', '', '{}', %(at)s
    FROM generate_series(1, %(leads)s) n
    """,
    f"""
    INSERT INTO leads_lead (public_id, person_id, segment_id, version_id, campaign_id, cycle, stage, stage_since, source, intent,
        territory, persona, fit_grade, attributes, received_at, created_at, closed_reason)
    SELECT gen_random_uuid(), (SELECT min(id) FROM leads_person WHERE last_name LIKE 'Last %%') + n - 1, %(segment)s, %(version)s,
        (SELECT min(id) FROM leads_campaign WHERE key LIKE 'c%%') + n %% 20, 1,
        CASE WHEN {FATE} < 50 THEN 'won' WHEN {FATE} < 150 THEN 'opportunity' WHEN {FATE} < 800 THEN 'nurture' ELSE 'mql' END,
        {RECEIVED}, (ARRAY['webinar', 'organic', 'event', 'paid'])[1 + n %% 4], '', '', '', '', '{{}}', {RECEIVED}, {RECEIVED}, ''
    FROM generate_series(1, %(leads)s) n
    """,
    f"""
    CREATE TEMPORARY TABLE made AS SELECT l.id, l.received_at, l.version_id, ({FATE.replace("n *", "(l.id - f.first + 1) *")})::int AS r
    FROM leads_lead l, (SELECT min(id) AS first FROM leads_lead WHERE person_id >= (SELECT min(id) FROM leads_person WHERE last_name LIKE 'Last %%')) f
    WHERE l.id >= f.first
    """,
    "ANALYZE made",
    f"""
    INSERT INTO leads_stageentry (lead_id, stage, entered_at, left_at, left_to, cause, version_id, working_seconds, is_first)
    SELECT id, stage, at, lead(at) OVER way, COALESCE(lead(stage) OVER way, ''), 'bench', %(version)s,
        extract(epoch FROM lead(at) OVER way - at)::int / 3, true
    FROM ({ENTRIES}) e (id, stage, at, place, reach) WINDOW way AS (PARTITION BY id ORDER BY place)
    """,
    """
    INSERT INTO leads_handoff (public_id, lead_id, version_id, kind, state, from_function, to_function, from_team_id, to_team_id,
        decided_by_id, to_user_id, stage, offered_at, decided_at, closed_at, outcome, reason, reason_attribute, note, route,
        route_why, packet, first_attempt_at, first_contact_at, imported, created_at)
    SELECT gen_random_uuid(), id, version_id, 'standard',
        CASE WHEN r < 800 THEN 'closed' WHEN r < 850 THEN 'rejected' ELSE 'offered' END, 'marketing', 'telequalification',
        %(marketing)s, %(desk)s, CASE WHEN r < 850 THEN %(tim)s::bigint END, %(tim)s, 'mql', received_at + interval '2 minutes',
        CASE WHEN r < 850 THEN received_at + make_interval(mins => 5 + r %% 300) END,
        CASE WHEN r < 800 THEN received_at + make_interval(mins => 60 + r) END,
        CASE WHEN r < 400 THEN 'qualified' WHEN r < 800 THEN 'recycled' ELSE '' END,
        CASE WHEN r BETWEEN 800 AND 849 THEN (ARRAY['outside-territory', 'outside-icp', 'below-threshold'])[1 + r %% 3] ELSE '' END,
        '', '', '', '[]', '{}', CASE WHEN r < 800 THEN received_at + make_interval(mins => 5 + r %% 300) END,
        CASE WHEN r < 600 THEN received_at + make_interval(mins => 20 + r) END, false, received_at
    FROM made
    """,
    """
    INSERT INTO leads_handoff (public_id, lead_id, version_id, kind, state, from_function, to_function, from_team_id, to_team_id,
        decided_by_id, to_user_id, from_user_id, stage, offered_at, decided_at, closed_at, outcome, reason, reason_attribute,
        note, route, route_why, packet, first_attempt_at, first_contact_at, imported, created_at)
    SELECT gen_random_uuid(), id, version_id, 'standard', CASE WHEN r < 350 THEN 'closed' ELSE 'rejected' END,
        'telequalification', 'sales', %(desk)s, %(sales)s, %(sam)s, %(sam)s, %(tim)s, 'tql', received_at + interval '1 day',
        received_at + make_interval(days => 1, mins => r), CASE WHEN r < 350 THEN received_at + interval '3 days' END,
        CASE WHEN r < 150 THEN 'opportunity' WHEN r < 350 THEN 'recycled' ELSE '' END,
        CASE WHEN r >= 350 THEN 'below-threshold' ELSE '' END, '', '', '', '[]', '{}', received_at + interval '2 days',
        CASE WHEN r < 300 THEN received_at + interval '2 days' END, false, received_at
    FROM made WHERE r < 400
    """,
    """
    INSERT INTO sla_clock (public_id, subject, kind, side, version_id, commitment, target, timing, state, started_at, due_at,
        breaches_at, steps_at, steps, steps_done, count_needed, count_done, stopped_at, breached_at, used_seconds, evidence,
        imported_late, sweep_failures, sweep_error, created_at)
    SELECT gen_random_uuid(), h.id, kind.name, h.to_function, h.version_id, kind.commitment, '{}', '{}',
        CASE WHEN h.decided_at IS NULL THEN 'breached' WHEN h.id %% 5 = 0 THEN 'met_late' ELSE 'met' END,
        h.offered_at, h.offered_at + interval '1 hour', h.offered_at + interval '1 hour', '{}', '{}', 0, 1, 0, h.decided_at,
        CASE WHEN h.decided_at IS NULL OR h.id %% 5 = 0 THEN h.offered_at + interval '1 hour' END,
        extract(epoch FROM h.decided_at - h.offered_at), '{}', false, 0, '', h.offered_at
    FROM leads_handoff h, (VALUES ('first_attempt', 'first-call'), ('decision', 'desk-accept')) kind (name, commitment)
    WHERE h.to_function = 'telequalification'
    """,
    """
    INSERT INTO leads_attempt (public_id, lead_id, handoff_id, by_id, at, channel, disposition, human_answered, real_contact,
        counts, why_not_counted, note, details, created_at)
    SELECT gen_random_uuid(), h.lead_id, h.id, %(tim)s, h.first_attempt_at + make_interval(hours => 5 * n), 'call', 'na', false,
        false, true, '', '', '{}', h.first_attempt_at
    FROM leads_handoff h, generate_series(0, 2) n WHERE h.first_attempt_at IS NOT NULL AND n <= h.id %% 3
    """,
    """
    INSERT INTO leads_opportunity (public_id, lead_id, handoff_id, owner_id, name, stage, probability, amount, currency,
        base_amount, rate, next_step, self_sourced, opened_at, closed_at, lost_reason, lost_note, created_at)
    SELECT gen_random_uuid(), h.lead_id, h.id, %(sam)s, 'Deal', CASE WHEN m.r < 50 THEN 'won' WHEN m.r < 100 THEN 'lost' ELSE 'discovery' END,
        20, 1000 + m.r, 'EUR', 1000 + m.r, 1, '', false, h.closed_at,
        CASE WHEN m.r < 100 THEN h.closed_at + interval '30 days' END, CASE WHEN m.r BETWEEN 50 AND 99 THEN 'price' ELSE '' END, '', h.closed_at
    FROM leads_handoff h JOIN made m ON m.id = h.lead_id WHERE h.outcome = 'opportunity'
    """,
    """
    INSERT INTO leads_activity (lead_id, type, occurred_at, received_at, source, properties)
    SELECT m.id, (ARRAY['page_view', 'page_view', 'email_click', 'pricing_page', 'webinar'])[1 + n %% 5],
        m.received_at - make_interval(hours => n * 7), m.received_at, 'web',
        CASE WHEN n %% 5 = 4 THEN jsonb_build_object('campaign', 'c' || 1 + (m.id + n) %% 20) ELSE '{}' END
    FROM made m, generate_series(1, %(deeds)s) n
    """,
    "DROP TABLE made",
    "SET session_replication_role = DEFAULT",
)


DEEDS = 20  # of each lead; one in five names a campaign


def open_market(cast: Cast, leads: int) -> None:
    """Fill the cast's company with a year of leads before NOW; about 5 entries, 20 deeds and 3 attempts for each."""
    values: dict[str, Any] = {
        "at": NOW, "leads": leads, "deeds": DEEDS, "segment": cast.segment.pk, "version": cast.version.pk, "tim": cast.tim.pk,
        "sam": cast.sam.pk, "marketing": cast.team("marketing").pk, "desk": cast.team("telequalification").pk,
        "sales": cast.team("sales").pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, values)
