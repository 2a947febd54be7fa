"""Every field of a lead that segments, definitions, scores and routes can look at: its name, kind and place.

`sql` is the expression in a query over `leads_lead lead JOIN leads_person person … LEFT JOIN leads_company company`
(`criteria_sql.FROM`); its `kind` says what it yields. Python and SQL read the same value, or the same nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from leads.models import ContactKind, CustomField, Lead
from sla.criteria import humanise
from sla.stages import Stage

ADDRESS_SQL = (
    "(SELECT cp.normalised FROM leads_contactpoint cp WHERE cp.person_id = person.id AND cp.kind = '{kind}'"
    " AND cp.is_workable ORDER BY cp.is_primary DESC, cp.id LIMIT 1)"
)
HAS_ADDRESS_SQL = "EXISTS (SELECT 1 FROM leads_contactpoint cp WHERE cp.person_id = person.id AND cp.kind = '{kind}' AND cp.is_workable)"
USAGE_SQL = "(SELECT u.{name} FROM leads_companyusage u WHERE u.company_id = lead.company_id)"
ROADS = {Stage.MQL: "marketing", Stage.PQL: "product"}


@dataclass(frozen=True)
class FieldSpec:
    """`group` is the heading under which people find the field; `param` is bound to the `{param}` in `sql`; `known` is a
    condition that says whether the field is filled, where that takes less than reading it."""

    name: str
    label: str
    group: str
    kind: str  # text, number, day or json: what `sql` yields
    sql: str
    read: Callable[[Reading], Any]
    param: str = ""
    known: str = ""


@dataclass(frozen=True)
class Reading:
    """A lead with its parts, as loaded once for judging."""

    lead: Lead
    addresses: dict[str, str]

    @property
    def person(self) -> Any:
        return self.lead.person

    @property
    def company(self) -> Any:
        return self.lead.company

    @property
    def usage(self) -> Any:
        return getattr(self.lead.company, "usage", None) if self.lead.company else None


def _lead(name: str, label: str, kind: str = "text") -> FieldSpec:
    return FieldSpec(f"lead.{name}", label, "Lead", kind, f"lead.{name}", lambda r: getattr(r.lead, name))


def _person(name: str, label: str) -> FieldSpec:
    return FieldSpec(f"person.{name}", label, "Person", "text", f"person.{name}", lambda r: getattr(r.person, name))


def _company(name: str, label: str, kind: str = "text") -> FieldSpec:
    return FieldSpec(
        f"company.{name}", label, "Company", kind, f"company.{name}",
        lambda r: getattr(r.company, name) if r.company else None,
    )  # fmt: skip


def _usage(name: str, label: str, kind: str = "number") -> FieldSpec:
    def read(reading: Reading) -> Any:
        value = getattr(reading.usage, name, None)
        return value.isoformat() if kind == "day" and value is not None else value

    return FieldSpec(f"company_usage.{name}", label, "Product usage", kind, USAGE_SQL.format(name=name), read)


def _address(name: str, label: str, kind: str) -> FieldSpec:
    return FieldSpec(
        f"person.{name}", label, "Person", "text", ADDRESS_SQL.format(kind=kind), lambda r: r.addresses.get(kind),
        known=HAS_ADDRESS_SQL.format(kind=kind),
    )  # fmt: skip


FIELDS: dict[str, FieldSpec] = {
    spec.name: spec
    for spec in (
        _lead("source", "Source"),
        _lead("intent", "Intent"),
        _lead("territory", "Territory"),
        _lead("persona", "Persona"),
        _lead("fit_grade", "Fit grade"),
        FieldSpec(
            "lead.campaign",
            "Campaign",
            "Lead",
            "text",
            "(SELECT c.key FROM leads_campaign c WHERE c.id = lead.campaign_id)",
            lambda r: r.lead.campaign.key if r.lead.campaign else None,
        ),
        _lead("cycle", "Cycle", "number"),
        FieldSpec(
            "lead.qualified_by",
            "Qualified by",
            "Lead",
            "text",
            "CASE lead.stage WHEN 'mql' THEN 'marketing' WHEN 'pql' THEN 'product' END",
            lambda r: ROADS.get(r.lead.stage),
        ),
        _person("first_name", "First name"),
        _person("last_name", "Last name"),
        _person("job_title", "Job title"),
        _person("seniority", "Seniority"),
        _person("department", "Department"),
        _person("country", "Person's country"),
        _person("city", "Person's city"),
        _person("language", "Language"),
        _person("mail_kind", "Kind of address"),
        _address("email", "E-mail", ContactKind.EMAIL),
        FieldSpec(
            "person.email_domain",
            "E-mail domain",
            "Person",
            "text",
            f"substring({ADDRESS_SQL.format(kind='email')} from '[^@]*$')",
            lambda r: (r.addresses.get(ContactKind.EMAIL) or "").rpartition("@")[2],
        ),
        _address("phone", "Phone", ContactKind.PHONE),
        _company("name", "Company"),
        _company("domain", "Company's domain"),
        _company("industry", "Industry"),
        _company("employees", "Employees", "number"),
        _company("revenue", "Revenue", "number"),
        _company("country", "Company's country"),
        _company("region", "Region"),
        _company("city", "Company's city"),
        FieldSpec(
            "company.owner",
            "Account owner",
            "Company",
            "number",
            "company.owner_id",
            lambda r: r.company.owner_id if r.company else None,
        ),
        _usage("active_users_7d", "Active users in 7 days"),
        _usage("active_users_30d", "Active users in 30 days"),
        _usage("active_days_30d", "Days of use in 30 days"),
        _usage("events_30d", "Uses in 30 days"),
        _usage("features_30d", "Features used in 30 days"),
        _usage("activated_users", "Activated users"),
        _usage("expansions_90d", "Signs of growth in 90 days"),
        _usage("seats", "Seats"),
        _usage("first_used_on", "First used on", "day"),
        _usage("last_used_on", "Last used on", "day"),
    )
}

HOLDERS = {"attributes": "lead", "person_attributes": "person", "company_attributes": "company"}
HOLDER_GROUPS = {
    "lead": "Own fields of the lead",
    "person": "Own fields of the person",
    "company": "Own fields of the company",
}


def attribute_spec(name: str, label: str = "") -> FieldSpec | None:
    """The spec of a custom attribute such as `attributes.Tags`, whether or not it is declared."""
    prefix, _, key = name.partition(".")
    holder = HOLDERS.get(prefix)
    if holder is None or not key:
        return None

    def read(reading: Reading) -> Any:
        owner = getattr(reading, holder)
        return owner.attributes.get(key) if owner else None

    return FieldSpec(name, label or key, HOLDER_GROUPS[holder], "json", f"{holder}.attributes -> {{param}}", read, key)


def spec_of(name: str) -> FieldSpec | None:
    return FIELDS.get(name) or attribute_spec(name)


def label_of(name: str) -> str:
    """What people call a field."""
    spec = spec_of(name)
    return spec.label if spec else humanise(name)


def known_fields() -> frozenset[str]:
    """Every field name that criteria may use: our own and the declared attributes of connected systems."""
    return frozenset(FIELDS) | {field.path for field in CustomField.objects.all()}


def catalogue() -> list[FieldSpec]:
    """Every field that criteria may use, declared attributes with their labels: what a person can choose from."""
    own = [attribute_spec(field.path, field.label) for field in CustomField.objects.all()]
    return [*FIELDS.values(), *(spec for spec in own if spec)]


def by_group() -> list[tuple[str, list[tuple[str, str]]]]:
    """The same under the headings by which people find them: (heading, [(name, label)])."""
    found: dict[str, list[tuple[str, str]]] = {}
    for spec in catalogue():
        found.setdefault(spec.group, []).append((spec.name, spec.label))
    return list(found.items())


class LazyValues(dict[str, Any]):
    """Field values read when asked for: most criteria look at few of the fields."""

    def __init__(self, reading: Reading):
        super().__init__()
        self.reading = reading

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            spec = spec_of(name)
            self[name] = spec.read(self.reading) if spec else None
        value = self[name]
        return default if value is None else value

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)
