"""The demo company's market: invented companies and people, and how leads of each campaign behave."""

from __future__ import annotations

import random
from dataclasses import dataclass

from leads.models import Company, ContactPoint, MailKind, Person

FIRST = [
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Elena",
    "Felix",
    "Greta",
    "Hugo",
    "Ines",
    "Jakob",
    "Karin",
    "Leon",
    "Marta",
    "Nils",
    "Olga",
    "Pavel",
    "Rosa",
    "Stefan",
    "Tessa",
    "Umut",
    "Vera",
    "Wim",
    "Yara",
    "Zoran",
    "Adele",
    "Bruno",
    "Chiara",
    "Dario",
    "Emma",
    "Fabio",
    "Gloria",
    "Henrik",
    "Ida",
    "Julian",
    "Katja",
    "Lukas",
    "Mia",
    "Noah",
]
LAST = [
    "Adler",
    "Bauer",
    "Conti",
    "Dahl",
    "Ebert",
    "Ferrari",
    "Gruber",
    "Hansen",
    "Ivanov",
    "Jensen",
    "Klein",
    "Lang",
    "Maier",
    "Nowak",
    "Olsen",
    "Petit",
    "Quast",
    "Rossi",
    "Schmid",
    "Tanaka",
    "Ullrich",
    "Voss",
    "Wagner",
    "Xu",
    "Yilmaz",
    "Zimmer",
    "Almeida",
    "Brandt",
    "Costa",
    "Dubois",
    "Eriksson",
    "Fuchs",
    "Garcia",
    "Horvat",
]
ROOTS = [
    "Alpen",
    "Baltic",
    "Carbo",
    "Delta",
    "Ester",
    "Falken",
    "Granit",
    "Hafen",
    "Inno",
    "Jura",
    "Kobalt",
    "Linden",
    "Merkur",
    "Nord",
    "Orion",
    "Pegasus",
    "Quell",
    "Rhein",
    "Saphir",
    "Terra",
    "Ultra",
    "Vektor",
    "Wolken",
    "Zenit",
]
TAILS = [
    "werk",
    "data",
    "logistik",
    "systems",
    "handel",
    "technik",
    "finanz",
    "labs",
    "motion",
    "bau",
    "chemie",
    "media",
]
INDUSTRIES = ("Software", "Manufacturing", "Logistics", "Retail", "Finance", "Education", "Public sector", "Recruiting")
INDUSTRY_WEIGHTS = (24, 20, 12, 12, 12, 9, 7, 4)
COUNTRIES = ("DE", "AT", "CH", "FR", "NL", "GB", "ES", "US")
COUNTRY_WEIGHTS = (48, 10, 9, 9, 7, 9, 4, 4)
DIALLING = {
    "DE": "+4930",
    "AT": "+431",
    "CH": "+4144",
    "FR": "+331",
    "NL": "+3120",
    "GB": "+4420",
    "ES": "+3491",
    "US": "+1212",
}
DIGITS = {"DE": 7, "AT": 7, "CH": 7, "FR": 8, "NL": 7, "GB": 8, "ES": 7, "US": 7}
TITLES: tuple[tuple[str, str, str], ...] = (
    ("Head of Marketing", "Head", "Marketing"),
    ("VP Sales", "VP", "Sales"),
    ("Director Revenue Operations", "Director", "Revenue operations"),
    ("Marketing Manager", "Senior", "Marketing"),
    ("Demand Generation Specialist", "Specialist", "Marketing"),
    ("Sales Operations Manager", "Senior", "Sales"),
    ("Chief Commercial Officer", "C-level", "Sales"),
    ("Campaign Specialist", "Junior", "Marketing"),
    ("Managing Director", "C-level", "Management"),
    ("Student", "Junior", ""),
)
TITLE_WEIGHTS = (16, 10, 9, 20, 15, 12, 5, 8, 3, 2)
FREE = ("gmail.com", "gmx.de", "outlook.com")


@dataclass
class Market:
    """Draws companies and people; the same seed draws the same ones."""

    rng: random.Random
    companies: list[Company]
    people: int = 0

    @classmethod
    def opened(cls, rng: random.Random, owners: list[int], size: int = 700) -> Market:
        companies = []
        for number in range(size):
            stem = rng.choice(ROOTS) + rng.choice(TAILS)
            companies.append(
                Company(
                    name=f"{stem} {rng.choice(('GmbH', 'AG', 'Group', 'BV', 'SA'))}",
                    domain=f"{stem.lower()}{number}.example",
                    industry=rng.choices(INDUSTRIES, INDUSTRY_WEIGHTS)[0] if rng.random() < 0.92 else "",
                    employees=int(rng.lognormvariate(5.0, 1.3)) + 3 if rng.random() < 0.83 else None,
                    country=rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0],
                    owner_id=rng.choice(owners) if rng.random() < 0.06 else None,
                )
            )
        return cls(rng, companies)

    def person(self) -> tuple[Person, Company, tuple[ContactPoint, ...]]:
        rng = self.rng
        self.people += 1
        company = rng.choice(self.companies)
        first, last = rng.choice(FIRST), rng.choice(LAST)
        title, seniority, department = rng.choices(TITLES, TITLE_WEIGHTS)[0]
        if rng.random() < 0.1:  # not everybody tells everything
            title = seniority = department = ""
        free = rng.random() < 0.09
        domain = rng.choice(FREE) if free else company.domain
        address = f"{first}.{last}{self.people}@{domain}".lower()
        person = Person(
            first_name=first,
            last_name=last,
            job_title=title,
            seniority=seniority,
            department=department,
            country=company.country,
            company=company,
            mail_kind=MailKind.FREE if free else MailKind.COMPANY,
        )
        points = [ContactPoint(person=person, kind="email", value=address, normalised=address)]
        if rng.random() < 0.93:
            digits = "".join(str(rng.randrange(10)) for _ in range(DIGITS[company.country] - 1))
            number = f"{DIALLING[company.country]}2{digits}"
            points.append(ContactPoint(person=person, kind="phone", value=number, normalised=number))
        return person, company, tuple(points)
