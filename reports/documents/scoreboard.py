"""The scoreboard: every side's commitments of the version in force in one table, with the same colours for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from config.accounts.choices import Function
from reports.asked import Asked
from reports.documents import promising
from reports.documents.base import (
    Badge,
    Block,
    Column,
    Course,
    Entry,
    Figure,
    Note,
    Report,
    Row,
    Section,
    Table,
    Text,
    Tile,
    Tiles,
    Tone,
)
from reports.measures import STANDING_COLOURS, STANDING_LABELS, Standing
from reports.periods import CALENDAR, Kind
from reports.queries import scoreboard
from reports.queries.scoreboard import Board, Line
from reports.scope import Scope
from reports.sets import address
from sla.metrics import METRICS
from sla.terms import Terms

KEPT = (Standing.MET, Standing.MET_EXCUSED, Standing.ON_COURSE)
JUDGED = tuple(standing for standing in Standing if standing is not Standing.NOTHING)
COLUMNS = [
    Column("commitment", "Commitment", "start"),
    Column("target", "Target"),
    Column("actual", "Actual", hint="As it is, with nothing excused"),
    Column("excused", "Excused left out", hint="Without the broken promises that the other side has excused"),
    Column("forecast", "Forecast", hint="What has come, and the rest at a pace between this period's and that of the three before"),
    Column("course", "Course", "start", hint="This period and those before it, oldest first"),
    Column("standing", "Standing", "start"),
]  # fmt: skip


def board_of(asked: Asked) -> Board | None:
    terms = asked.terms
    if terms is None:
        return None
    return scoreboard.board(terms, scope_of(asked, terms), asked.period, asked.now)


def scope_of(asked: Asked, terms: Terms) -> Scope:
    """The board is one agreement's: without a chosen segment it is that of the default one."""
    if asked.scope.segment is not None:
        return asked.scope
    segment = next((pk for pk, _, found in asked.agreed.rows.rows if found is terms), None)
    return asked.scope.with_(segment=segment)


def commitments(asked: Asked) -> Sequence[Block]:
    board = board_of(asked)
    if board is None:
        words = "The scoreboard shows the commitments of the version in force. None is in force for this segment."
        return [Note(words, title="No agreement in force", level="warn")]
    return [summary(board), _table(asked, board)]


def summary(board: Board) -> Tiles:
    """Both sides, side by side: how many of their promises are kept."""
    tiles = []
    for side in sides(board):
        lines = [line for line in board.lines if line.commitment.side == side]
        judged = [line for line in lines if line.standing in JUDGED]
        kept = sum(line.standing in KEPT for line in judged)
        words = "met" if board.elapsed >= 1 else "on course"
        figure = Figure(kept, "count", whole=len(judged), of_words=words)
        hint = f"{len(lines) - len(judged)} of {len(lines)} cannot be judged yet." if len(judged) < len(lines) else ""
        tiles.append(Tile(Function(side).label, figure, hint=hint))
    return Tiles("sides", tiles)


def sides(board: Board) -> list[str]:
    """In the order of the document's parties, then whoever else promises something."""
    named = [party.function for party in board.terms.parties]
    more = [line.commitment.side for line in board.lines]
    return [
        side for side in dict.fromkeys([*named, *more]) if any(line.commitment.side == side for line in board.lines)
    ]


def _table(asked: Asked, board: Board) -> Table:
    rows: list[Row] = []
    for side in sides(board):
        blank: list[Entry] = [Text("")] * (len(COLUMNS) - 1)
        rows.append(Row([Text(Function(side).label), *blank], group=True))
        rows += [row_of(asked, board, line) for line in board.lines if line.commitment.side == side]
    gone = "" if board.elapsed in (0, 1) else f" {board.elapsed:.0%} of its working time has gone.".replace("%", " %")
    sub = f"{board.terms.name}, {board.period.label}.{gone}"
    return Table("commitments", "Commitments", COLUMNS, rows, sub=sub)


def row_of(asked: Asked, board: Board, line: Line) -> Row:
    commitment = line.commitment
    words = promising.promise(commitment, board.terms)
    return Row(
        [
            Text(commitment.name, words),
            promising.target(line, board),
            actual(asked, line),
            excused(line),
            promising.figure(line, line.forecast, board.terms),
            Course([one.value for one in line.course], commitment.name, [p.short_label for p in board.periods]),
            Badge(STANDING_LABELS[line.standing], STANDING_COLOURS[line.standing]),
        ]
    )


def actual(asked: Asked, line: Line) -> Figure:
    measure = line.now
    found = promising.figure(line, measure.value, asked.terms)
    pending = f"{measure.pending:,} undecided" if measure.pending else ""
    return promising.with_count(found, measure, address(asked, measure.behind), pending)


def excused(line: Line) -> Figure:
    """With excused breaches left out of the count; the same where none was excused."""
    measure = line.now
    if not METRICS[line.commitment.metric].is_timed or measure.value is None:
        return Figure(None)
    if not measure.excused:
        return Figure(measure.value, "percent")
    whole = measure.whole - measure.excused
    return Figure(measure.excused_value, "percent", part=measure.part, whole=whole, note=f"{measure.excused:,} excused")


# --- across versions --------------------------------------------------------------------------------------------------


def history(asked: Asked) -> Sequence[Block]:
    """Each commitment in the versions that have promised it: the target, and what came of it while it was in force."""
    if asked.terms is None:
        return []
    found = scoreboard.history(asked.terms, scope_of(asked, asked.terms), asked.now)
    if not found:
        return [Note("No version has been in force yet.")]
    columns = [Column("commitment", "Commitment", "start")]
    columns += [Column(f"v{one.terms.number}", f"Version {one.terms.number}", hint=_in_force(one)) for one in found]
    keys = {line.commitment.key: line.commitment.name for one in found for line in one.board.lines}
    rows = [Row([Text(name), *(_history_cell(asked, one, key) for one in found)]) for key, name in keys.items()]
    note = "Each version is judged by the handoffs and entries pinned to it, from the day it took effect to the day the next did; a share of the pipeline by all deals of that time."
    return [Table("history", "Across versions", columns, rows, note=note)]


def _in_force(one: scoreboard.Past) -> str:
    period = one.board.period
    return f"In force {period.first_on:%d %b %Y} to {period.last_on:%d %b %Y}"


def _history_cell(asked: Asked, one: scoreboard.Past, key: str) -> Entry:
    line = one.board.line(key)
    if line is None:
        return Text("–", "not promised")
    goal = promising.target(line, one.board)
    shown = promising.figure(line, line.now.value, one.terms)
    tone: Tone = ""
    if line.standing in (Standing.MET, Standing.MET_EXCUSED, Standing.MISSED):
        tone = "bad" if line.standing == Standing.MISSED else "good"
    return replace(shown, note=f"{goal.note} {goal.text}", tone=tone)


REPORT = Report(
    key="scoreboard",
    title="Scoreboard",
    words="What each side has promised, and whether it keeps its word.",
    sections=[
        Section("commitments", "Commitments", commitments),
        Section("history", "Across versions", history, later=True),
    ],
    filters=("segment", "team", "person"),
    usual=Kind.MONTH,
    kinds=(*CALENDAR, Kind.SPAN),
    how="A timed promise belongs to the period in which its clock started and is judged by the version its handoff is "
    "pinned to. Promises that are neither kept nor broken yet are not in the share; what was cancelled unbroken is left "
    "out. Other figures belong to the period in which the lead reached the stage, the handoff was decided or the deal "
    "was closed. Targets of sums are scaled when the period has another length than the promised one.",
)
