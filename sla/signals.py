"""The one message that goes upwards: a clock was warned, breached or escalated."""

from django.dispatch import Signal

# Sent with `clock` and `event` (a ClockEvent) inside the transaction that marks the event as handled.
clock_stepped = Signal()
