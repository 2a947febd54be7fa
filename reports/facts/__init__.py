"""Everything that can be counted, by name."""

from reports.facts import handoffs, ledger, money, promises, speed
from reports.facts.base import ALL, Fact, Narrowed, select

FACTS: dict[str, Fact] = {
    fact.name: fact for fact in (*ledger.FACTS, *promises.FACTS, *handoffs.FACTS, *money.FACTS, *speed.FACTS)
}
ROLLED: tuple[Fact, ...] = tuple(fact for fact in FACTS.values() if fact.rolled)

__all__ = ["ALL", "FACTS", "ROLLED", "Fact", "Narrowed", "select"]
