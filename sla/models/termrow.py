"""What every row of a version's terms shares: a stable key, a place in the order, and frost once it is signed."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models

from sla.models.agreement import Version

CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


def frozen_unless_draft() -> pgtrigger.Trigger:
    """Rows of a version change only while it is a draft, whoever asks: forms, bulk updates or plain SQL."""
    return pgtrigger.Trigger(
        name="only_drafts_change",
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        when=pgtrigger.Before,
        declare=[("found", "text")],
        func="""
            IF TG_OP <> 'INSERT' THEN
                SELECT state INTO found FROM sla_version WHERE id = OLD.version_id FOR KEY SHARE;
                IF found <> 'draft' THEN
                    RAISE EXCEPTION 'version % is % and its terms cannot change', OLD.version_id, found;
                END IF;
            END IF;
            IF TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            SELECT state INTO found FROM sla_version WHERE id = NEW.version_id FOR KEY SHARE;
            IF found <> 'draft' THEN
                RAISE EXCEPTION 'version % is % and its terms cannot change', NEW.version_id, found;
            END IF;
            RETURN NEW;
        """,
    )


class TermRow(models.Model):
    """`key` is stable across versions, so that differences and reports can follow a term through them."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="%(class)s_rows", db_index=False)
    key = models.SlugField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)

    # The list this kind of row becomes in the compiled terms, and what is left out of it.
    section: ClassVar[str]
    uncompiled: ClassVar[frozenset[str]] = frozenset({"id", "version"})

    class Meta:
        abstract = True
        ordering = ("position", "id")

    def __str__(self) -> str:
        return str(getattr(self, "label", None) or getattr(self, "name", None) or self.key)

    def to_term(self) -> dict[str, Any]:
        """This row as it stands in the compiled terms: plain JSON values, every field that carries meaning."""
        return {
            field.name: plain(field.value_from_object(self))
            for field in self._meta.concrete_fields
            if field.name not in self.uncompiled
        }


def plain(value: Any) -> Any:
    """A field's value as JSON knows it: decimals and dates as text, so that one number has one spelling."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "normalize"):
        return format(value.normalize() + 0, "f")
    if isinstance(value, float):
        return repr(value)
    raise TypeError(f"{type(value).__name__} has no place in an agreement")


def validate_texts(value: object) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ValidationError("A list of texts, none of them empty.")


def validate_ranges(value: object) -> None:
    """[["09:00", "12:00"], …]: each ends after it starts, on the same day."""
    good = isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(at, str) and CLOCK.fullmatch(at) for at in pair)
        for pair in value
    )
    if not good:
        raise ValidationError("A list of parts of the day, each from and until a time such as 09:00.")
    assert isinstance(value, list)
    if not all(start < end for start, end in value):
        raise ValidationError("Each part of the day ends after it starts.")


def once_per_version(name: str) -> list[models.BaseConstraint]:
    return [models.UniqueConstraint(fields=["version", "key"], name=f"sla_{name}_key_once")]


def term_models() -> list[type[TermRow]]:
    """Every table that belongs to a version's terms, in the order of the document."""
    return sorted(TermRow.__subclasses__(), key=lambda model: model.__module__ + model.section)
