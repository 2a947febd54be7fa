"""A crowd of leads before qualification with their deeds, made in the database: what the benchmarks of scoring run over."""

from __future__ import annotations

from typing import Any

from django.db import connection

from tests.cast import NOW, Cast

COMPANIES = 20_000

STATEMENTS = (
    """
    INSERT INTO leads_company (public_id, name, domain, industry, employees, revenue, country, region, city, attributes, created_at)
    SELECT gen_random_uuid(), 'Company ' || n, 'c' || n || '.example',
        (ARRAY['Software', 'Manufacturing', 'Logistics', 'Retail', 'Finance', 'Education', 'Public sector', 'Recruiting'])[1 + n %% 8],
        CASE WHEN n %% 11 = 0 THEN NULL ELSE (n * 7919) %% 9000 END, NULL, (ARRAY['DE', 'AT', 'CH', 'FR', 'US'])[1 + n %% 5], '', '', '{}', %(at)s
    FROM generate_series(1, %(companies)s) AS n
    """,
    """
    INSERT INTO leads_person (public_id, first_name, last_name, job_title, seniority, department, country, city, handle, language,
        time_zone, time_zone_origin, mail_kind, company_id, attributes, created_at)
    SELECT gen_random_uuid(), 'First', 'Last ' || n,
        (ARRAY['Head of Sales', 'Marketing Manager', 'Student', 'Engineer', 'Director Revenue Operations'])[1 + n %% 5],
        (ARRAY['Head', 'Director', 'Junior', 'Senior', 'C-level', ''])[1 + n %% 6], (ARRAY['Sales', 'Marketing', ''])[1 + n %% 3],
        'DE', '', '', '', '', '', (ARRAY['company', 'company', 'free'])[1 + n %% 3],
        (SELECT min(id) FROM leads_company) + (n * 31) %% %(companies)s, '{}', %(at)s
    FROM generate_series(1, %(leads)s) AS n
    """,
    """
    INSERT INTO leads_contactpoint (person_id, kind, value, normalised, is_primary, is_workable, unworkable_reason, created_at)
    SELECT id, 'email', 'p' || id || '@crowd.example', 'p' || id || '@crowd.example', true, true, '', %(at)s FROM leads_person
    """,
    """
    INSERT INTO leads_lead (public_id, person_id, company_id, segment_id, cycle, stage, stage_since, source, intent, territory,
        persona, fit_grade, attributes, received_at, created_at, closed_reason)
    SELECT gen_random_uuid(), id, company_id, %(segment)s, 1, 'engaged', %(at)s - interval '90 days',
        (ARRAY['webinar', 'organic', 'event'])[1 + id %% 3], '', '', '', '', '{}', %(at)s - interval '90 days',
        %(at)s - interval '90 days', ''
    FROM leads_person ORDER BY id
    """,
    """
    INSERT INTO leads_stageentry (lead_id, stage, entered_at, cause, left_to, is_first)
    SELECT id, 'engaged', stage_since, 'bench', '', true FROM leads_lead
    """,
    """
    INSERT INTO leads_leadscore (lead_id, fit, engagement, total, points, times, scored_at)
    SELECT id, 0, 0, 0, '{}', '{}', %(at)s - interval '90 days' FROM leads_lead
    """,
    """
    INSERT INTO leads_activity (lead_id, type, occurred_at, received_at, source, properties)
    SELECT first + (n * 7919::bigint) %% %(leads)s,
        (ARRAY['page_view', 'page_view', 'page_view', 'page_view', 'email_click', 'email_click', 'content_download',
               'pricing_page', 'webinar', 'email_open'])[1 + (n * 31 + n / 17) %% 10],
        %(at)s - make_interval(secs => (%(activities)s - n)::float * 86400 * 180 / %(activities)s), %(at)s, 'web', '{}'
    FROM generate_series(1, %(activities)s) AS n, (SELECT min(id) AS first FROM leads_lead) AS f
    """,
    """
    INSERT INTO leads_activity (lead_id, type, occurred_at, received_at, source, properties)
    SELECT id, CASE id %% 40 WHEN 0 THEN 'demo_request' WHEN 1 THEN 'careers_page' ELSE 'contact_form' END,
        %(at)s - make_interval(hours => (id %% 2000)::int), %(at)s, 'web', '{}'
    FROM leads_lead WHERE id %% 40 < 3
    """,
)


def gather(cast: Cast, *, leads: int, activities: int) -> None:
    """Fill the cast's segment: `leads` open leads before qualification, `activities` deeds in the half year before NOW."""
    values: dict[str, Any] = {
        "at": NOW,
        "leads": leads,
        "activities": activities,
        "segment": cast.segment.pk,
        "companies": min(COMPANIES, leads),
    }
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
