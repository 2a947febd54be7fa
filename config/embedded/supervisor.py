"""Keep the parts of the portal running: start them, start again what dies, stop everything in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from config.embedded.parts import Part
from config.embedded.plain import say
from config.embedded.processes import Process, end_group, how_it_ended, spawn, wait_all

LOOK_EVERY = 0.2
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0  # a part that ran this long has recovered: its next death counts as the first


def pause(deaths: int) -> float:
    """Seconds before a part that died this often in a row is started again."""
    return min(LONGEST_PAUSE, 0.5 * 2 ** (deaths - 1))


@dataclass
class Running:
    """A part, its process, and how often it died lately."""

    part: Part
    process: Process | None = None
    started_at: float = 0.0
    deaths: int = 0
    due_at: float = 0.0

    def died(self, now: float) -> float:
        """Take note of a death; returns the pause before the next start."""
        self.deaths = 1 if now - self.started_at > STEADY_AFTER else self.deaths + 1
        self.due_at = now + pause(self.deaths)
        self.process = None
        return pause(self.deaths)


class Database(Protocol):
    def look(self) -> None: ...
    def stop(self) -> None: ...


@dataclass
class Supervisor:
    parts: list[Part]
    environment: Mapping[str, str]
    database: Database
    tick: Callable[[], None] = lambda: None
    stopping: bool = False
    running: list[Running] = field(init=False)

    def __post_init__(self) -> None:
        now = time.monotonic()
        self.running = [Running(part, due_at=now + part.after) for part in self.parts]

    def request_stop(self, *_: object) -> None:
        if self.stopping:
            self._kill()  # asked twice: no more patience
        self.stopping = True

    def run(self) -> None:
        """Until somebody asks to stop; then the parts first, the database last."""
        try:
            while not self.stopping:
                self.database.look()
                for each in self.running:
                    self._look_after(each)
                self.tick()
                time.sleep(LOOK_EVERY)
        finally:
            self.stop()

    def _look_after(self, each: Running) -> None:
        now = time.monotonic()
        if each.process is None:
            if now >= each.due_at and not self.stopping:
                each.process, each.started_at = self._start(each.part), now
            return
        code = each.process.poll()
        if code is None:
            return
        end_group(each.process)
        seconds = each.died(now)
        say(f"{each.part.name} {how_it_ended(code)}; it is started again in {seconds:g} s.")

    def _start(self, part: Part) -> Process:
        return spawn(part.command, env=self.environment, descriptors=part.descriptors)

    def stop(self) -> None:
        self.stopping = True
        alive = [each for each in self.running if each.process is not None]
        for each in alive:
            each.process.terminate()  # type: ignore[union-attr]
        for each in sorted(alive, key=lambda each: each.part.seconds_to_stop):
            self._wait_or_kill(each)
        self.database.stop()

    def _wait_or_kill(self, each: Running) -> None:
        assert each.process is not None
        if wait_all([each.process], each.part.seconds_to_stop):
            say(f"{each.part.name} did not stop within {each.part.seconds_to_stop:g} s and is ended.")
            end_group(each.process)
            each.process.wait()

    def _kill(self) -> None:
        for each in self.running:
            if each.process is not None:
                end_group(each.process)
