"""Appointments as an iCalendar feed (RFC 5545) that calendars subscribe to.

Pure: standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LINE = 75  # octets, by the standard


@dataclass(frozen=True)
class Appointment:
    """`uid` stays the same when the appointment is moved, so that calendars move it too; `changed_at` says when."""

    uid: str
    starts_at: datetime
    length: timedelta
    title: str
    text: str = ""
    url: str = ""
    changed_at: datetime | None = None
    alarm: timedelta | None = None


def calendar(name: str, appointments: Iterable[Appointment], *, at: datetime) -> str:
    """The whole feed, made at `at`; lines end as the standard wants."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Handoff//Callbacks//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
    ]
    for appointment in appointments:
        lines += _event(appointment, at)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in folded(line))


def _event(one: Appointment, at: datetime) -> list[str]:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{escaped(one.uid)}",
        f"DTSTAMP:{_moment(one.changed_at or at)}",
        f"DTSTART:{_moment(one.starts_at)}",
        f"DTEND:{_moment(one.starts_at + one.length)}",
        f"SUMMARY:{escaped(one.title)}",
    ]
    if one.text:
        lines.append(f"DESCRIPTION:{escaped(one.text)}")
    if one.url:
        lines.append(f"URL:{one.url}")
    if one.alarm is not None:
        minutes = int(one.alarm.total_seconds() // 60)
        lines += [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"TRIGGER:-PT{minutes}M",
            f"DESCRIPTION:{escaped(one.title)}",
            "END:VALARM",
        ]
    return [*lines, "END:VEVENT"]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """Text as a value: no sign of it is taken for structure."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    plain = plain.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(sign for sign in plain if sign >= " ")


def folded(line: str) -> list[str]:
    """A long line in parts of at most 75 octets, never cut inside a character; those that go on begin with a blank."""
    parts, current = [], ""
    for sign in line:
        if len((current + sign).encode()) > LINE:
            parts.append(current)
            current = " "
        current += sign
    return [*parts, current]
