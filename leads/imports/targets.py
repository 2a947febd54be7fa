"""What a column of a file may become, for each kind of import: a name, a label, and how its cells are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sla.stages import LABELS, Stage

TEXT, KEY, PHONE, WHOLE, FIGURE, MOMENT, DAY, MONTH, YES_NO, STAGE, ZONE, CODE, LIST = (
    "text", "key", "phone", "whole", "figure", "moment", "day", "month", "yes_no", "stage", "zone", "code", "list",
)  # fmt: skip

ATTRIBUTES = {"attributes": "lead", "person_attributes": "person", "company_attributes": "company"}
OWN = "Own fields"  # the group of targets that a file brings itself
PROPERTIES = "properties"  # of an activity: kept as they are, and seen by scoring rules


@dataclass(frozen=True)
class Target:
    """`past_only`: of use where dates are taken over as history; live leads get it from the agreement instead."""

    name: str
    label: str
    read_as: str = TEXT
    group: str = ""
    limit: int = 0
    past_only: bool = False


def _group(
    group: str, *targets: tuple[str, str] | tuple[str, str, str] | tuple[str, str, str, int]
) -> tuple[Target, ...]:
    return tuple(Target(t[0], t[1], *t[2:3] or (TEXT,), group, *t[3:4]) for t in targets)


def _past(*targets: Target) -> tuple[Target, ...]:
    return tuple(Target(t.name, t.label, t.read_as, t.group, t.limit, past_only=True) for t in targets)


PERSON = _group(
    "Person",
    ("email", "E-mail"),
    ("phone", "Phone", PHONE),
    ("first_name", "First name"),
    ("last_name", "Last name"),
    ("full_name", "Whole name"),
    ("job_title", "Job title"),
    ("seniority", "Seniority"),
    ("department", "Department"),
    ("country", "Country"),
    ("city", "City"),
    ("language", "Language", CODE, 8),
    ("time_zone", "Time zone", ZONE),
    ("do_not_call", "Must not be called", YES_NO),
    ("do_not_mail", "Must not be mailed", YES_NO),
)
COMPANY = _group(
    "Company",
    ("company", "Company"),
    ("website", "Website"),
    ("industry", "Industry"),
    ("employees", "Employees", WHOLE),
    ("revenue", "Revenue", FIGURE),
    ("company_country", "Company's country"),
    ("company_region", "Region"),
)
LEAD = _group(
    "Lead",
    ("external_id", "Id in the source", KEY, 120),
    ("source", "Lead source"),
    ("campaign", "Campaign", KEY, 80),
    ("intent", "Intent"),
    ("territory", "Territory"),
    ("visitor", "Visitor's id", KEY, 80),
    ("anonymous", "Is nobody yet", YES_NO),
    ("received_at", "Came in on", MOMENT),
    ("activity.type", "Activity", CODE, 60),
    ("activity.at", "Activity's date", MOMENT),
)
ENDED = (Stage.LOST, Stage.NURTURE, Stage.DISQUALIFIED)
HISTORY = _past(
    *_group(
        "History",
        ("stage", "Stage", STAGE),
        ("stage_at", "In that stage since", MOMENT),
        ("reason", "Why lost or ruled out", CODE, 60),
        ("owner", "Owner", KEY, 120),
        ("owner.telequalification", "Telequalification's owner", KEY, 120),
        ("owner.sales", "Sales' owner", KEY, 120),
    ),
    *(Target(f"entered.{stage}", stage, MOMENT, "History") for stage in Stage if stage != Stage.ANONYMOUS),
)
CALLS = _past(
    *_group(
        "Attempts so far",
        ("attempts.count", "Number of attempts", WHOLE),
        ("attempts.first_at", "First attempt", MOMENT),
        ("attempts.last_at", "Last attempt", MOMENT),
        ("attempts.talk_seconds", "Talk seconds of the last", WHOLE),
        ("attempts.handling_seconds", "Handling seconds of the last", WHOLE),
        ("attempts.disposition", "Outcome of the last", CODE, 60),
        ("attempts.channel", "Channel", CODE, 7),
    )
)
WAITED = _past(
    *_group(
        "In a call queue",
        ("queue", "Call queue", KEY, 80),
        ("queue.entered_at", "Came into the queue on", MOMENT),
        ("queue.left_at", "Left it without a call on", MOMENT),
    )
)
WHOSE = _group(
    "Whose",
    ("lead_external_id", "Lead's id in the source", KEY, 120),
    ("email", "Lead's e-mail"),
)
MONEY = _group(
    "Money",
    ("amount", "Amount", FIGURE),
    ("currency", "Currency", CODE, 3),
    ("rate", "Rate to the company's currency", FIGURE),
)
DEAL = _group(
    "Deal",
    ("external_id", "Id in the source", KEY, 120),
    ("name", "Name"),
    ("stage", "Stage", CODE, 20),
    ("product", "Product", KEY, 120),
    ("probability", "Probability in percent", WHOLE),
    ("opened_at", "Opened on", MOMENT),
    ("closed_at", "Closed on", MOMENT),
    ("expected_close_on", "Expected to close on", DAY),
    ("reason", "Why lost", CODE, 60),
    ("note", "Note"),
    ("next_step", "Next step"),
    ("next_step_on", "Next step on", DAY),
    ("self_sourced", "Found by sales itself", YES_NO),
    ("owner.sales", "Owner", KEY, 120),
    ("owner.telequalification", "Telequalification's owner", KEY, 120),
)

TARGETS: dict[str, tuple[Target, ...]] = {
    "leads": LEAD + PERSON + COMPANY + HISTORY + CALLS + WAITED,
    "deals": DEAL + MONEY + WHOSE + COMPANY,
    "activities": WHOSE
    + _group(
        "Activity",
        ("external_id", "Id in the source", KEY, 120),
        ("visitor", "Visitor's id", KEY, 80),
        ("type", "What was done", CODE, 60),
        ("occurred_at", "When", MOMENT),
        ("ended_at", "Until", MOMENT),
    ),
    "attempts": WHOSE
    + _group(
        "Attempt",
        ("external_id", "Id in the source", KEY, 120),
        ("at", "When", MOMENT),
        ("owner", "Made by", KEY, 120),
        ("channel", "Channel", CODE, 7),
        ("disposition", "Outcome", CODE, 60),
        ("talk_seconds", "Talk seconds", WHOLE),
        ("handling_seconds", "Handling seconds", WHOLE),
        ("note", "Note"),
    ),
    "costs": _group(
        "Cost",
        ("campaign", "Campaign", KEY, 80),
        ("campaign_name", "Campaign's name"),
        ("channel", "Channel"),
        ("month", "Month", MONTH),
        ("note", "Note"),
    )
    + MONEY,
    "companies": COMPANY + _group("Company", ("city", "City"), ("owner", "Account owner", KEY, 120)),
    "products": _group(
        "Product", ("key", "Key", KEY, 60), ("name", "Name"), ("also_called", "Also called", LIST)
    ),
    "members": _group(
        "Member",
        ("external_id", "Id in the source", KEY, 120),
        ("name", "Name"),
        ("email", "E-mail"),
        ("function", "Function", CODE, 24),
        ("team", "Team"),
        ("role", "Role", CODE, 8),
        ("manager", "Manager's name"),
        ("weekly_capacity", "Leads a week", WHOLE),
        ("time_zone", "Time zone", ZONE),
    ),
}  # fmt: skip
# One of each set must be given by a column or as a fixed value.
NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "leads": (("external_id", "email", "phone", "visitor"),),
    "deals": (("name", "external_id", "company", "lead_external_id", "email"), ("owner.sales",)),
    "activities": (("lead_external_id", "email", "visitor"), ("type",), ("occurred_at",)),
    "attempts": (("lead_external_id", "email"), ("at",)),
    "costs": (("campaign",), ("month",), ("amount",)),
    "companies": (("company",),),
    "products": (("name",),),
    "members": (("name", "email"),),
}
# What no row of a kind can do without. Other gaps are named by those who miss them.
EVERY_ROW: dict[str, tuple[str, ...]] = {"activities": ("type", "occurred_at"), "attempts": ("at",)}
HOLDERS: dict[str, tuple[str, ...]] = {
    "leads": ("attributes", "person_attributes", "company_attributes"),
    "deals": ("attributes", "company_attributes"),
    "activities": (PROPERTIES,),
    "companies": ("company_attributes",),
}


def target_of(kind: str, name: str) -> Target | None:
    """The target of this name; an own field (`attributes.Tags`) is one where the kind has a place for it."""
    found = next((target for target in TARGETS[kind] if target.name == name), None)
    if found is not None:
        return found
    holder, _, key = name.partition(".")
    if key and holder in HOLDERS.get(kind, ()):
        return Target(name, key, TEXT, OWN)
    return None


def label_of(target: Target, label: Callable[[str], str] = LABELS.__getitem__) -> str:
    """The target's label; stages by the name their agreement gives them."""
    prefix, _, stage = target.name.partition(".")
    return f"Entered {label(stage)} on" if prefix == "entered" else target.label
