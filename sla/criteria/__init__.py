"""Conditions over a lead, as agreed terms write them: checked, judged with an explanation, and put into words.

Pure: standard library only. The SQL twin is `leads/criteria_sql.py`; a property test holds them equal.

Form (JSON):
    {}                                                   always
    {"all": [c, …]}, {"any": [c, …]}, {"none": [c, …]}, {"at_least": 2, "of": [c, …]}
    {"field": "company.industry", "op": "in", "value": ["Retail", "Software"]}
    {"activity": "webinar", "at_least": 2, "within_days": 30, "where": {"topic": "pricing"}}

Text is compared without case and surrounding blanks. A missing value meets only `missing`, `is_not` and `not_in`.
"""

from sla.criteria.checking import check_criteria
from sla.criteria.contradicting import contradictions
from sla.criteria.judging import (
    ActivityFact,
    Facts,
    Verdict,
    activity_counts,
    holds,
    judge,
    lapses_at,
    properties_match,
)
from sla.criteria.language import (
    GROUPS,
    OPERATORS,
    Criteria,
    Operator,
    activity_types,
    behaviours_of,
    fields_of,
    group_of,
    leaves,
    parts_of,
)
from sla.criteria.values import as_day, as_number, fold, is_blank, is_scalar, text_of
from sla.criteria.words import humanise, in_words, wanted_words

__all__ = [
    "GROUPS",
    "OPERATORS",
    "ActivityFact",
    "Criteria",
    "Facts",
    "Operator",
    "Verdict",
    "activity_counts",
    "activity_types",
    "as_day",
    "as_number",
    "behaviours_of",
    "check_criteria",
    "contradictions",
    "fields_of",
    "fold",
    "group_of",
    "holds",
    "humanise",
    "in_words",
    "is_blank",
    "is_scalar",
    "judge",
    "lapses_at",
    "leaves",
    "parts_of",
    "properties_match",
    "text_of",
    "wanted_words",
]
