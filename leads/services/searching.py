"""Find leads and companies by what people remember: a name, a part of it, an e-mail, a number, a company.

Addresses are found by their normalised form, names by the words they begin with. Every way in is served by an index,
so that a search over a million leads costs what one over a thousand does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Reverse

from config.accounts.actor import Actor
from config.accounts.models import normalise_email
from leads.models import Company, ContactKind, ContactPoint, Lead, Opportunity, Person

MOST = 25
WORDS = 6
FEWEST_DIGITS = 4
SHORTEST_WORD = 2
SHORTEST_ADDRESS = 4
PHONE = re.compile(r"[+\d][\d\s()/.\-]*")


@dataclass
class Found:
    """`more_…` says that there are others than those shown."""

    leads: list[Lead] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)
    more_leads: bool = False
    more_companies: bool = False

    @property
    def only(self) -> Lead | None:
        """The one lead that was found, and nothing else."""
        return self.leads[0] if len(self.leads) == 1 and not self.companies else None

    def __bool__(self) -> bool:
        return bool(self.leads or self.companies)


def search(text: str, actor: Actor) -> Found:
    """The newest leads and the companies that fit and that this person may see. Two queries."""
    ids = leads_like(text)
    if ids is None:
        return Found()
    rows = Lead.objects.visible_to(actor).filter(pk__in=ids, merged_into=None)
    leads = list(rows.for_lists().select_related("owner").defer("attributes").order_by("-id")[: MOST + 1])
    names = words_query(text)
    companies: list[Company] = []
    if names is not None and address_in(text) == "" and digits_in(text) == "":
        companies = list(companies_of(actor).filter(search=names).order_by("name", "id")[: MOST + 1])
    return Found(leads[:MOST], companies[:MOST], len(leads) > MOST, len(companies) > MOST)


def leads_like(text: str) -> QuerySet[Lead, int] | None:
    """Ids of the leads whose person or company fits the text, as a subquery; None where it is too short to search by."""
    address, digits = address_in(text), digits_in(text)
    if address:
        return _of_people(_mails(address))
    if digits:
        return _of_people(_numbers(digits))
    names = words_query(text)
    if names is None:
        return None
    ways = [
        _ids(person__in=Person.objects.filter(search=names).values("pk")),
        _ids(company__in=Company.objects.filter(search=names).values("pk")),
        *_both(words_of(text)),
    ]
    word = text.strip().lower()
    if len(word) >= SHORTEST_ADDRESS and " " not in word:  # the part before the @
        ways.append(_of_people(_mails(word)))
    return ways[0].union(*ways[1:])


def _mails(begin: str) -> QuerySet[ContactPoint]:
    return ContactPoint.objects.filter(kind=ContactKind.EMAIL, normalised__startswith=begin)


def _ids(**conditions: object) -> QuerySet[Lead, int]:
    return Lead.objects.order_by().filter(**conditions).values_list("pk", flat=True)


def _of_people(points: QuerySet[ContactPoint]) -> QuerySet[Lead, int]:
    return _ids(person__in=points.values("person_id"))


def _both(words: list[str]) -> list[QuerySet[Lead, int]]:
    """`ada acme` and `acme ada`: a part of the words is the person's name, the rest the company's."""
    ways = []
    for place in range(1, len(words)):
        for person, company in ((words[:place], words[place:]), (words[place:], words[:place])):
            ways.append(
                _ids(
                    person__in=Person.objects.filter(search=_query(person)).values("pk"),
                    company__in=Company.objects.filter(search=_query(company)).values("pk"),
                )
            )
    return ways


def address_in(text: str) -> str:
    """The beginning of an e-mail address, normalised as far as it goes; "" when the text is none."""
    text = text.strip()
    return normalise_email(text) if "@" in text and " " not in text and len(text) > SHORTEST_WORD else ""


def digits_in(text: str) -> str:
    """The digits of something written like a telephone number, with a leading + for an international one."""
    text = text.strip()
    if not PHONE.fullmatch(text):
        return ""
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    if len(digits) < FEWEST_DIGITS:
        return ""
    if text.startswith("+"):
        return "+" + digits
    return "+" + digits[2:] if digits.startswith("00") else digits.lstrip("0")


def _numbers(digits: str) -> QuerySet[ContactPoint]:
    """An international number by its beginning; any other by its end, for its prefix is not said."""
    numbers = ContactPoint.objects.filter(kind=ContactKind.PHONE)
    if digits.startswith("+"):
        return numbers.filter(normalised__startswith=digits)
    return numbers.annotate(backwards=Reverse("normalised")).filter(backwards__startswith=digits[::-1])


def words_of(text: str) -> list[str]:
    """The words worth searching by."""
    found = [word for word in text.split() if sum(map(str.isalnum, word)) >= SHORTEST_WORD or "." in word.strip(".")]
    return found[:WORDS] if found else [word for word in text.split() if any(map(str.isalnum, word))][:1]


def words_query(text: str) -> SearchQuery | None:
    words = words_of(text.replace("\x00", ""))
    letters = sum(map(str.isalnum, "".join(words)))
    return _query(words) if letters >= SHORTEST_WORD else None


def _query(words: list[str]) -> SearchQuery:
    """Every word, each by its beginning. Quoted, so that nothing in it is read as an operator."""
    parts = ["'{}':*".format(word.replace("\\", " ").replace("'", "''")) for word in words]
    return SearchQuery(" & ".join(parts), config="simple", search_type="raw")


# --- companies -----------------------------------------------------------------------------------------------------


def companies_of(actor: Actor) -> QuerySet[Company]:
    """The companies a person may open: those they own, and those of leads and opportunities they may see."""
    companies = Company.objects.defer("search", "attributes")
    if actor.reads_everything:
        return companies
    mine = OuterRef("pk")
    return companies.filter(
        Q(owner=actor.user)
        | Exists(Lead.objects.visible_to(actor).filter(company=mine))
        | Exists(Opportunity.objects.visible_to(actor).filter(company=mine))
    )


def narrowed(rows: QuerySet[Lead], text: str) -> QuerySet[Lead]:
    """Leads that fit the text, for the list's filter; too short a text finds none."""
    ids = leads_like(text)
    return rows.none() if ids is None else rows.filter(pk__in=ids)


def narrowed_by(rows: QuerySet[Opportunity], text: str) -> QuerySet[Opportunity]:
    """Opportunities by their own name or their company's."""
    names = words_query(text)
    by_company = Q(company__in=Company.objects.filter(search=names).values("pk")) if names is not None else Q()
    return rows.filter(Q(name__icontains=text.strip()) | by_company)


__all__ = ["Found", "companies_of", "leads_like", "narrowed", "narrowed_by", "search"]
