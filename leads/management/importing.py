"""What the import commands share: their options, how they read a file, what they say, and their exit codes.

Exit code 0: everything went in (or a dry run found nothing wrong). 1: some rows are faulty, the rest went in. 2: nothing
went in.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.web.errors import Refusal
from leads.imports import runs
from leads.imports.faults import fault_table
from leads.imports.formats import formats
from leads.imports.kinds import KNOWS_HISTORY
from leads.imports.layout import Layout, survey
from leads.imports.plan import CREATE, MATCH, OFFER, UNKNOWN_END, Options, Plan, earlier, mapped, problems, propose
from leads.imports.records import Record
from leads.imports.telling import said_notes, sentence
from leads.models import ImportFault, ImportRun, IntakeSource

SHOWN = 20
NOTHING = 2


class ImportCommand(BaseCommand):
    """One kind of file. Subclasses say which, and in `help` what its rows are."""

    kind: str

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="A .csv, .tsv, .txt or .xlsx file.")
        parser.add_argument("--source", required=True, metavar="KEY", help="The system it comes from; added when new.")
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD",
            help="What a column becomes; FIELD empty leaves it out, attributes.NAME keeps it as an own field.",
        )  # fmt: skip
        parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="One value for all rows.")
        parser.add_argument(
            "--value",
            action="append",
            default=[],
            metavar="COLUMN:FROM=TO",
            help="Read one word of a column as another.",
        )
        parser.add_argument(
            "--blank", action="append", default=[], metavar="COLUMN:WORD", help="A word of a column that means nothing."
        )
        parser.add_argument("--format", default="", choices=["", *formats()], metavar="NAME", help=", ".join(formats()))
        parser.add_argument("--unknown", default="attributes", choices=["attributes", "ignore"], help="Other columns.")
        parser.add_argument("--zone", default="", metavar="ZONE", help="Of times without one, such as Europe/Berlin.")
        parser.add_argument("--dates", default="", choices=["", "dmy", "mdy"], help="Where 5/4/2024 leaves it open.")
        parser.add_argument(
            "--country", default="", metavar="CODE", help="Of phone numbers without a prefix, such as US."
        )
        parser.add_argument("--owners", default=MATCH, choices=[MATCH, CREATE], help="Make people who are not found.")
        parser.add_argument(
            "--mapping", type=Path, metavar="FILE", help="A whole plan as JSON, as --show-plan prints it."
        )
        parser.add_argument("--again", action="store_true", help="By the plan of this source's last such file.")
        parser.add_argument("--show-plan", action="store_true", help="Print what each column would become, and stop.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen, and write nothing.")
        parser.add_argument("--all-or-nothing", action="store_true", help="Write nothing where a row is faulty.")
        parser.add_argument("--faults", type=Path, metavar="FILE", help="Write the faulty rows here, to be repaired.")
        if self.kind in KNOWS_HISTORY:
            parser.add_argument("--history", action="store_true", help="The file's dates become the ledger's.")
        if self.kind == ImportRun.Kind.LEADS:
            parser.add_argument(
                "--open-leads", default=UNKNOWN_END, choices=[UNKNOWN_END, OFFER],
                help="With --history: leads without an end are closed as unknown, or offered to the teams.",
            )  # fmt: skip

    # --- the way through ---------------------------------------------------------------------------------------------------
    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.", returncode=NOTHING)
        try:
            self._bring(path, options)
        except Refusal as refusal:
            raise CommandError(refusal.message, returncode=NOTHING) from refusal

    def _bring(self, path: Path, options: dict[str, Any]) -> None:
        def open_file() -> BinaryIO:
            return path.open("rb")

        layout = survey(open_file, path.name)
        source, is_new = self._source(options)
        plan = self._plan(layout, source, options)
        self._introduce(path, layout, plan)
        if options["show_plan"]:
            self.stdout.write(json.dumps(plan.as_json(), indent=2, ensure_ascii=False))
            return
        open_ends = problems(plan, layout)
        if open_ends:
            found = "\n".join(f"  {p.column + ': ' if p.column else ''}{p.words}" for p in open_ends)
            raise CommandError(f"Before this file can be read:\n{found}", returncode=NOTHING)
        if options["dry_run"]:
            self._dry(source, open_file, layout, plan, options)
            return
        if is_new:
            source.save()
            self.stdout.write(f"The source {source.key} is new; it has been added.")
        self._carry_out(source, open_file, layout, plan, options)

    def _source(self, options: dict[str, Any]) -> tuple[IntakeSource, bool]:
        key = options["source"]
        found = IntakeSource.objects.filter(key=key).first()
        return (found, False) if found else (IntakeSource(key=key, name=key.replace("-", " ").capitalize()), True)

    def _plan(self, layout: Layout, source: IntakeSource, options: dict[str, Any]) -> Plan:
        if options["mapping"]:
            plan = Plan.from_json(json.loads(options["mapping"].read_text(encoding="utf-8")))
        else:
            known = earlier(source.pk, layout, self.kind) if options["again"] and source.pk else None
            plan = known or propose(layout, self.kind, format_key=options["format"], unknown=options["unknown"])
        plan = replace(plan, options=self._options(plan.options, options))
        for column, field in map(_pair, options["map"]):
            plan = mapped(plan, layout, column, field)
        for field, value in map(_pair, options["set"]):
            plan = replace(plan, fixed={**plan.fixed, field: value})
        for column, (word, meant) in ((c, _pair(rest)) for c, rest in map(_colon, options["value"])):
            plan = plan.with_column(column, values={**plan.columns[column].values, word: meant})
        for column, word in map(_colon, options["blank"]):
            plan = plan.with_column(column, blank=(*plan.columns[column].blank, word))
        return plan

    @staticmethod
    def _options(before: Options, given: dict[str, Any]) -> Options:
        return replace(
            before,
            history=bool(given.get("history")) or before.history,
            zone=given["zone"] or before.zone,
            order=given["dates"] or before.order,
            phone_country=given["country"].upper() or before.phone_country,
            owners=given["owners"],
            open_leads=given.get("open_leads", before.open_leads),
        )

    # --- what is said ------------------------------------------------------------------------------------------------------
    def _introduce(self, path: Path, layout: Layout, plan: Plan) -> None:
        how = "Excel" if layout.file_type == "xlsx" else f"{layout.encoding}, separated by {layout.separator!r}"
        known = f", {formats()[plan.format].name}" if plan.format else ""
        self.stdout.write(f"{path.name}: {layout.rows:,} rows, {len(layout.columns)} columns, {how}{known}")
        for where, lines in (("above", layout.above), ("below", layout.below)):
            if lines:
                self.stdout.write(f"  left out {where} the table: {' / '.join(lines)}")
        for name, column in plan.columns.items():
            self.stdout.write(f"  {name} → {column.to or 'left out'}")
        for name, value in plan.fixed.items():
            self.stdout.write(f"  {name} is {value!r} for all rows")

    def _dry(self, source: IntakeSource, open_file: Any, layout: Layout, plan: Plan, options: dict[str, Any]) -> None:
        run = ImportRun(kind=self.kind, source=source, mapping=plan.as_json(), layout=layout.as_json())
        faulty: list[Record] = []
        tally = runs.check(run, open_file, at=timezone.now(), keep=faulty.extend)
        for name in ("rows", "created", "updated", "unchanged", "failed"):
            setattr(run, name, tally.as_json()[name])
        self.stdout.write(f"Dry run, nothing was written: {sentence(run)}.")
        self._say_notes(dict(tally.notes))
        rows = [(f.line, f.field, f.message, record.raw) for record in faulty for f in record.faults]
        self._report(rows, layout, options)
        sys.exit(_code(run))

    def _carry_out(
        self, source: IntakeSource, open_file: Any, layout: Layout, plan: Plan, options: dict[str, Any]
    ) -> None:
        started = time.monotonic()
        name, whole = options["file"].name, options["all_or_nothing"]
        run = runs.bring(open_file, name, layout, plan, source, all_or_nothing=whole)
        took = time.monotonic() - started
        rows = list(ImportFault.objects.filter(run=run).values_list("line", "field", "message", "raw"))
        if run.state == ImportRun.State.FAILED:
            self._report(rows, layout, options)
            raise CommandError(run.problem, returncode=NOTHING)
        self.stdout.write(f"{sentence(run)}, in {took:.1f} s ({run.rows / max(took, 0.01):,.0f} rows a second).")
        self._say_notes(run.notes)
        self._report(rows, layout, options)
        sys.exit(_code(run))

    def _say_notes(self, notes: dict[str, int]) -> None:
        for line in said_notes(notes):
            self.stdout.write(f"  {line}")

    def _report(
        self, rows: list[tuple[int, str, str, dict[str, str]]], layout: Layout, options: dict[str, Any]
    ) -> None:
        for line, field, message, _ in rows[:SHOWN]:
            self.stderr.write(f"line {line}, {field}: {message}" if field else f"line {line}: {message}")
        if len(rows) > SHOWN:
            self.stderr.write(f"and {len(rows) - SHOWN:,} more")
        if rows and options["faults"]:
            with options["faults"].open("w", newline="", encoding="utf-8-sig") as file:
                csv.writer(file).writerows(fault_table(rows, layout.headers))
            self.stderr.write(f"All of them stand in {options['faults']}, with their rows.")


def _code(run: ImportRun) -> int:
    if not run.failed:
        return 0
    return 1 if run.created or run.updated or run.unchanged else NOTHING


def _pair(text: str) -> tuple[str, str]:
    left, sign, right = text.partition("=")
    if not sign:
        raise CommandError(f"{text!r}: an equals sign is missing.", returncode=NOTHING)
    return left.strip(), right.strip()


def _colon(text: str) -> tuple[str, str]:
    left, sign, right = text.partition(":")
    if not sign:
        raise CommandError(f"{text!r}: a colon is missing.", returncode=NOTHING)
    return left.strip(), right.strip()
