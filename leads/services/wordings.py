"""What people read for the codes of a lead's life: stages, causes, reasons, outcomes of calls, changes of an opportunity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from config.accounts.models import User
from config.web.vocabulary import word
from config.web.wording import DASH, local, money
from leads.fields import label_of
from leads.models import OpportunityChange, OpportunityStage, Product
from leads.services.choosing import source_label
from sla.metrics import METRICS
from sla.stages import LABELS
from sla.terms import Terms

CAUSES = {
    "intake": "Came in.",
    "identified": "Gave an address.",
    "catapult": "By a deed that leads straight here.",
    "accepted": "Accepted.",
    "telequalified": "Qualified on the phone.",
    "opportunity": "An opportunity was opened.",
    "won": "The deal was won.",
    "rerouted": "Passed on to the right owner.",
    "taken_back": "The receiver took the rejection back.",
    "overturned": "The rejection was overturned.",
}
ENDS = {
    "rejected": "Rejected",
    "recycled": "Given back to nurture",
    "disqualified": "Ruled out",
    "lost": "Lost",
    "expired": "Nobody decided in time",
    "withdrawn": "Taken back by the giver",
    "returned": "Back from nurture",
}
LEFT = {"date": "its day had come", "activity": "by what they did", "by hand": "brought back by hand"}
FIELDS = {
    "opened": "Opened",
    "name": "Name",
    "stage": "Stage",
    "amount": "Amount",
    "currency": "Currency",
    "expected_close_on": "Expected close",
    "probability": "Probability",
    "owner": "Owner",
    "product": "Product",
    "next_step": "Next step",
    "next_step_on": "Day of the next step",
}
MOST_PROPERTIES = 4
SHORT = 60


def stage(terms: Terms | None, code: str) -> str:
    return terms.label(code) if terms else LABELS.get(code, code)


def stage_tone(code: str) -> str:
    return word("stage", code).tone


def source(name: str) -> str:
    return source_label(name)


def deed(kind: str) -> str:
    return kind.replace("_", " ").replace("-", " ").capitalize()


def properties(given: Mapping[str, Any]) -> str:
    """The first few properties of a deed, as far as they are words or figures."""
    shown = [
        f"{deed(name)}: {str(value)[:SHORT]}" for name, value in given.items() if isinstance(value, str | int | float)
    ]
    return ", ".join(shown[:MOST_PROPERTIES])


def reason(terms: Terms | None, key: str) -> str:
    """A reason as the version names it; one it does not know is shown as it is, none as nothing."""
    if not key:
        return ""
    found = terms.reasons.get(key) if terms else None
    return found.label if found else deed(key)


def rejection(terms: Terms | None, key: str, attribute: str) -> str:
    """The reason with the attribute it blames."""
    words = reason(terms, key)
    if not attribute:
        return words
    if attribute.startswith("question."):
        asked = next((q.label for q in terms.questions if f"question.{q.key}" == attribute), "") if terms else ""
        return f"{words} ({(asked or attribute).lower()})"
    return f"{words} ({label_of(attribute).lower()})"


def disposition(terms: Terms | None, key: str) -> str:
    found = terms.dispositions.get(key) if terms else None
    return found.label if found else deed(key)


def commitment(terms: Terms | None, key: str, kind: str) -> str:
    found = next((item.name for item in terms.commitments if item.key == key), "") if terms else ""
    return found or (METRICS[kind].label if kind in METRICS else deed(kind))


def cause(terms: Terms | None, code: str) -> str:
    """Why a lead entered a stage, in a sentence."""
    if code in CAUSES:
        return CAUSES[code]
    head, _, rest = code.partition(":")
    if head == "definition":
        named = next((item.name for item in terms.definitions if item.key == rest), "") if terms else ""
        return f"Met the definition “{named or deed(rest)}”."
    if head == "returned":
        return f"{ENDS[head]}: {left_cause(rest)}."
    if head in ENDS:
        return f"{ENDS[head]}: {reason(terms, rest)}." if rest else f"{ENDS[head]}."
    return f"{deed(code)}." if code else ""


def score_cause(code: str) -> str:
    """What moved the points: a deed's type, or what the portal did."""
    return f"After: {deed(code).lower()}." if code else ""


def left_cause(code: str) -> str:
    return LEFT.get(code, deed(code).lower())


# --- opportunities -------------------------------------------------------------------------------------------------


def names_in(changes: Iterable[OpportunityChange]) -> dict[tuple[str, str], str]:
    """Names for the ids that changes of owner and product speak of; two queries at most."""
    ids: dict[str, set[str]] = {"owner": set(), "product": set()}
    for row in changes:
        if row.field in ids:
            ids[row.field] |= {value for value in (row.before, row.after) if value.isdigit()}
    names = {}
    if ids["owner"]:
        for pk, name in User.objects.filter(pk__in=ids["owner"]).values_list("pk", "name"):
            names["owner", str(pk)] = name
    if ids["product"]:
        for pk, name in Product.objects.filter(pk__in=ids["product"]).values_list("pk", "name"):
            names["product", str(pk)] = name
    return names


def change_value(field: str, value: str, names: Mapping[tuple[str, str], str]) -> str:
    """A stored value of a change as people read it."""
    if not value:
        return DASH
    if field == "stage":
        return dict(OpportunityStage.choices).get(value, value)
    if field in ("owner", "product"):
        return names.get((field, value), value)
    if field == "amount":
        return money(value)
    if field == "probability":
        return f"{value} %"
    if field in ("expected_close_on", "next_step_on"):
        try:
            return local(date.fromisoformat(value))
        except ValueError:
            return value
    return value


def change(row: OpportunityChange, names: Mapping[tuple[str, str], str]) -> str:
    """One change of an opportunity in a few words."""
    after = change_value(row.field, row.after, names)
    if row.field == "opened":
        return "Opportunity opened"
    if row.field == "stage" and row.after in (OpportunityStage.WON, OpportunityStage.LOST):
        return f"Opportunity {after.lower()}"
    label = FIELDS.get(row.field, deed(row.field))
    if not row.before:
        return f"{label}: {after}"
    return f"{label}: {change_value(row.field, row.before, names)} to {after}"


def sentences(lines: Iterable[Any]) -> str:
    """Lines one after the other, each with a stop at its end."""
    said = [str(line).strip() for line in lines]
    return " ".join(line if line[-1] in ".!?" else f"{line}." for line in said if line)
