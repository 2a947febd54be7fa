"""Who in this portal wants to hear of an event. Apps above register when they are loaded; the plumbing knows none."""

from __future__ import annotations

from collections.abc import Callable

from config.outbox import topics
from config.outbox.models import Event

Subscriber = Callable[[Event], None]

_subscribers: dict[tuple[str, str], Subscriber] = {}


def subscribe(pattern: str) -> Callable[[Subscriber], Subscriber]:
    """Have the function called for every event of a topic, or of a beginning such as `lead.*`.

        @subscribe("handoff.offered")
        def tell_the_receiver(event: Event) -> None: ...

    It runs in a worker, in the transaction that marks the event handled: what it writes is written exactly once. If
    any subscriber of an event raises, what all of them wrote for that event is undone, and all are called again later.
    Nothing that cannot be undone (mail, HTTP) belongs in one; write a notice or another row that a sweep delivers.
    """
    if not topics.is_pattern(pattern):
        raise ValueError(f"{pattern!r} is neither a topic nor a beginning such as 'lead.*'")

    def register(function: Subscriber) -> Subscriber:
        # Keyed by name, so that a module loaded twice does not subscribe twice.
        _subscribers[pattern, f"{function.__module__}.{function.__qualname__}"] = function
        return function

    return register


def subscribers_of(topic: str) -> list[Subscriber]:
    """Each function once, in the order of registration, even if several of its patterns fit."""
    return list(
        dict.fromkeys(function for (pattern, _), function in _subscribers.items() if topics.matches(pattern, topic))
    )
