from leads.models.activity import Activity, Visitor
from leads.models.audit import AuditRun
from leads.models.calling import CallingRule, CallRefusal, DoNotCall
from leads.models.campaign import Campaign, CampaignCost
from leads.models.collaboration import LeadComment, LeadFile
from leads.models.desk import CalendarFeed, CallDraft, PhoneCall, PlannedReps
from leads.models.duplicates import MergeProposal
from leads.models.handoff import (
    HANDOFF_COLOUR,
    OPEN_HANDOFF,
    Contest,
    Handoff,
    HandoffKind,
    HandoffMessage,
    HandoffState,
    Outcome,
    OwnerSpell,
)
from leads.models.intake import CustomField, ImportFault, ImportRun, IntakeKey, IntakeSource, KeyPage
from leads.models.lead import Lead, LeadScore, ScoreChange, StageEntry
from leads.models.nurture import NurtureSpell
from leads.models.opportunity import (
    OPEN_OPPORTUNITY,
    Opportunity,
    OpportunityChange,
    OpportunityStage,
    Product,
)
from leads.models.people import Company, Consent, ContactKind, ContactPoint, MailKind, Person, ZoneOrigin
from leads.models.queue import Attempt, AttemptChannel, Callback, CallQueue, ClaimRecord, QueueItem
from leads.models.rescoring import Rescoring, ScoreWatch
from leads.models.usage import CompanyUsage, UsageDay, UsageKind

__all__ = [
    "HANDOFF_COLOUR",
    "OPEN_HANDOFF",
    "OPEN_OPPORTUNITY",
    "Activity",
    "Attempt",
    "AttemptChannel",
    "AuditRun",
    "CalendarFeed",
    "CallDraft",
    "CallQueue",
    "CallRefusal",
    "Callback",
    "CallingRule",
    "Campaign",
    "CampaignCost",
    "ClaimRecord",
    "Company",
    "CompanyUsage",
    "Consent",
    "ContactKind",
    "ContactPoint",
    "Contest",
    "CustomField",
    "DoNotCall",
    "Handoff",
    "HandoffKind",
    "HandoffMessage",
    "HandoffState",
    "ImportFault",
    "ImportRun",
    "IntakeKey",
    "IntakeSource",
    "KeyPage",
    "Lead",
    "LeadComment",
    "LeadFile",
    "LeadScore",
    "MailKind",
    "MergeProposal",
    "NurtureSpell",
    "Opportunity",
    "OpportunityChange",
    "OpportunityStage",
    "Outcome",
    "OwnerSpell",
    "Person",
    "PhoneCall",
    "PlannedReps",
    "Product",
    "QueueItem",
    "Rescoring",
    "ScoreChange",
    "ScoreWatch",
    "StageEntry",
    "UsageDay",
    "UsageKind",
    "Visitor",
    "ZoneOrigin",
]
