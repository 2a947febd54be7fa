"""The database under a running portal: the embedded one, or whichever DATABASE_URL names."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import postgres
from config.embedded.paths import DATA
from config.embedded.plain import CannotStart, say
from config.embedded.processes import Process, how_it_ended
from config.embedded.supervisor import pause


@dataclass
class External:
    """Somebody else looks after it."""

    url: str

    def start(self, *, quietly: bool = False) -> None:
        if not quietly:
            say("Using the database that DATABASE_URL names.")

    def look(self) -> None:
        pass

    def stop(self) -> None:
        pass


@dataclass
class Embedded:
    data: Path = DATA
    url: str = field(init=False)
    process: Process | None = None
    deaths: int = 0
    due_at: float = 0.0

    def __post_init__(self) -> None:
        self.url = postgres.url(data=self.data)

    def start(self, *, quietly: bool = False) -> None:
        self.process = postgres.start(self.data, when_we_die=signal.SIGINT)
        if self.process is None and not quietly:
            say(f"Using the database that already runs on {self.data}; it is left running at the end.")
        postgres.ensure_database(data=self.data)

    def look(self) -> None:
        """Start it again when it died; it replays its log, and its clients connect again by themselves."""
        if self.process is not None and (code := self.process.poll()) is not None:
            why = f": {postgres.why_it_stopped(self.data)}" if code > 0 else "."
            say(f"The database {how_it_ended(code)}{why}")
            self.process, self.deaths = None, self.deaths + 1
            self.due_at = time.monotonic() + pause(self.deaths)
        if self.due_at and time.monotonic() >= self.due_at:
            self._start_again()

    def _start_again(self) -> None:
        try:
            self.process = postgres.start(self.data, when_we_die=signal.SIGINT)
        except CannotStart as error:
            self.deaths += 1
            self.due_at = time.monotonic() + pause(self.deaths)
            say(f"{error} Trying again in {pause(self.deaths):g} s.")
        else:
            self.deaths, self.due_at = 0, 0.0
            say("The database is running again.")

    def stop(self) -> None:
        if self.process is not None:
            postgres.stop(self.process)


def choose(given: Mapping[str, str]) -> External | Embedded:
    url = given.get("DATABASE_URL", "").strip()
    return External(url) if url else Embedded()
