"""Who changed which field of an agreement, and when: kept by database triggers, so bulk changes and raw SQL leave it too.

Every tracked table has an append-only twin (`CommitmentEvent` beside `Commitment`). The person is taken from the
context that `changed_by` opens; the admin's middleware opens it for every request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

import pghistory
from django.db import models

from config.accounts.models import User

Tracked = TypeVar("Tracked", bound=type[models.Model])
Verb = TypeVar("Verb", bound=Callable[..., Any])

# What a version's history leaves out: the compiled form repeats what the rows say.
DERIVED = ["compiled"]


def keep_history(model: Tracked) -> Tracked:
    """Class decorator: every insert, change and removal of a row is written beside it."""
    exclude = [name for name in DERIVED if name in {field.name for field in model._meta.fields}]
    tracked: Tracked = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=exclude or None,
        context_field=pghistory.ContextJSONField(),
        append_only=True,
        level=pghistory.Statement,
    )(model)
    return tracked


@contextmanager
def changed_by(user: User | None, **more: Any) -> Iterator[None]:
    """What is changed inside is changed by this person; nested calls keep the outermost event id."""
    with pghistory.context(user=user.pk if user else None, **more):
        yield


def recorded(verb: Verb) -> Verb:
    """Decorates a verb that takes `by`: what it changes is on record as that person's doing, wherever it was called from."""

    @wraps(verb)
    def done(*args: Any, by: User, **options: Any) -> Any:
        with changed_by(by):
            return verb(*args, by=by, **options)

    return done  # type: ignore[return-value]
