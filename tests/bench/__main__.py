"""`make bench`: run the benchmarks, compare each figure with the one demanded, fail when one falls short."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from contextlib import ExitStack
from pathlib import Path

from config.embedded import postgres
from config.embedded.locks import Held, only_one
from config.embedded.paths import VAR
from config.embedded.plain import CannotStart, main, make_folder, say

HERE = Path(__file__).parent


def bench() -> int:
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    names = sorted(path.stem for path in HERE.glob("bench_*.py") if wanted in path.stem)
    if not names:
        raise CannotStart(f"No benchmark is called {wanted!r}; there are: {', '.join(known())}.")
    make_folder(VAR / "bench")
    with ExitStack() as stack:
        try:
            stack.enter_context(only_one(VAR / "bench.lock"))
        except Held:
            raise CannotStart("The benchmarks are already running in this folder.") from None
        prepare(stack)
        return run_all(names)


def known() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def prepare(stack: ExitStack) -> None:
    """Django on a database of its own, which flushes like a production database does."""
    os.environ |= {"HANDOFF_MODE": "local", "HANDOFF_VAR": str(VAR / "bench")}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ["CELERY_BROKER_URL"] = (
        "memory://"  # nobody works this process's queue; those that measure workers say so
    )
    if not os.environ.get("DATABASE_URL"):
        data = VAR / "bench-postgres"
        process = postgres.start(data, when_we_die=signal.SIGINT)
        if process is not None:
            stack.callback(postgres.stop, process)
        os.environ["DATABASE_URL"] = postgres.url("postgres", data)
    from psycopg.conninfo import make_conninfo

    from tests.bench import report

    os.environ["DATABASE_URL"] = make_conninfo(os.environ["DATABASE_URL"], dbname=report.DATABASE)
    import django

    django.setup()


def run_all(names: list[str]) -> int:
    from tests.bench import report

    figures, broken = [], []
    for name in names:
        say(f"\n{name.removeprefix('bench_')}")
        try:
            found = [report.Figure(**row) for row in importlib.import_module(f"tests.bench.{name}").run()]
        except Exception:  # noqa: BLE001 - one broken benchmark must not hide the others' figures
            traceback.print_exc()
            broken.append(name)
            continue
        for figure in found:
            say(f"  {figure.line()}")
        figures += found
    short = [figure.name for figure in figures if not figure.holds]
    rows = [vars(figure) | {"holds": figure.holds} for figure in figures]
    result = {"machine": report.machine(), "figures": rows, "broken": broken}
    (VAR / "bench.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    say(f"\n{len(figures) - len(short)} of {len(figures)} figures hold. Written to {VAR / 'bench.json'}.")
    if broken or short:
        say(f"Falls short or broken: {', '.join(short + broken)}.")
    return 1 if broken or short else 0


if __name__ == "__main__":
    main(bench)
