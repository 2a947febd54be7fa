from sla.models.agreement import Acknowledgement, Agreement, Comment, Segment, Signature, Version
from sla.models.clock import BreachCause, Clock, ClockEvent, ClockPause, ClockState
from sla.models.operations import Closing
from sla.models.process import (
    Cadence,
    Clause,
    Disposition,
    Faq,
    KeyMessage,
    Party,
    ProcedureStep,
    Question,
    Reason,
    Script,
)
from sla.models.promises import CalendarTerm, Commitment, EscalationStep
from sla.models.proposals import ChangeProposal
from sla.models.taxonomy import (
    Definition,
    IdealCustomer,
    Persona,
    Route,
    ScoreGroup,
    ScoreRule,
    StageTerm,
)
from sla.models.termrow import TermRow, term_models

__all__ = [
    "Acknowledgement",
    "Agreement",
    "BreachCause",
    "Cadence",
    "CalendarTerm",
    "ChangeProposal",
    "Clause",
    "Clock",
    "ClockEvent",
    "ClockPause",
    "ClockState",
    "Closing",
    "Comment",
    "Commitment",
    "Definition",
    "Disposition",
    "EscalationStep",
    "Faq",
    "IdealCustomer",
    "KeyMessage",
    "Party",
    "Persona",
    "ProcedureStep",
    "Question",
    "Reason",
    "Route",
    "ScoreGroup",
    "ScoreRule",
    "Script",
    "Segment",
    "Signature",
    "StageTerm",
    "TermRow",
    "Version",
    "term_models",
]
