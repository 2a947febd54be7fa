"""Which importer brings which kind of file in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.imports.books import CompanyBook, Costs, MemberBook, ProductBook
from leads.imports.context import Context
from leads.imports.deals import Deals
from leads.imports.deeds import Activities
from leads.imports.history import PastLeads
from leads.imports.live import LiveLeads
from leads.imports.tries import Attempts
from leads.models import ImportRun

if TYPE_CHECKING:
    from leads.imports.runs import Importer

Kind = ImportRun.Kind
KNOWS_HISTORY = frozenset({Kind.LEADS, Kind.ACTIVITIES, Kind.ATTEMPTS})  # the others have no other way


def importer_for(context: Context) -> Importer:
    kind = context.plan.kind
    if kind == Kind.LEADS:
        return PastLeads(context) if context.plan.options.history else LiveLeads(context)
    made: dict[str, type[Importer]] = {
        Kind.DEALS: Deals,
        Kind.ACTIVITIES: Activities,
        Kind.ATTEMPTS: Attempts,
        Kind.COSTS: Costs,
        Kind.COMPANIES: CompanyBook,
        Kind.PRODUCTS: ProductBook,
        Kind.MEMBERS: MemberBook,
    }
    return made[kind](context)  # type: ignore[call-arg]
