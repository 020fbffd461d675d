"""The kinds of rows that are pulled: where each lies, what is asked of it, what it means, and what tells it apart."""

from collections.abc import Mapping

from connectors.base import OBSERVED, Stream
from connectors.salesforce import calls, history, lists, mapping, payloads, ratings, surveys, work
from connectors.salesforce.pulling import Resource
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.soql import among, either, is_, is_not

CASES = Resource("Case", payloads.Case, mapping.case, deleted=True)
CHANGES = Resource("CaseHistory", payloads.CaseHistory, history.history, stamp="CreatedDate")
MAILS = Resource("EmailMessage", payloads.EmailMessage, history.mail, where=(is_not("ParentId", None),))
COMMENTS = Resource("CaseComment", payloads.CaseComment, history.comment)
MILESTONES = Resource("CaseMilestone", payloads.CaseMilestone, history.milestone)
USERS = Resource("User", payloads.User, lists.agent, where=(among("UserType", ("Standard", "AutomatedProcess")),))
HOURS = Resource("BusinessHours", payloads.BusinessHours, lists.schedule)
PROCESSES = Resource("SlaProcess", payloads.EntitlementProcess, lists.entitlement_process)
STATUSES = Resource("CaseStatus", payloads.CaseStatus, lists.custom_status)
VOICE_CALLS = Resource("VoiceCall", calls.VoiceCall, calls.voice_call, deleted=True)
WORK = Resource("AgentWork", work.AgentWork, work.work_item, deleted=True)
LOGGED = Resource(
    "Task", calls.Task, calls.task, where=(either(is_("TaskSubtype", "Call"), is_not("CallType", None)),), deleted=True
)
QUEUES = Resource("Group", payloads.Queue, lists.group)

TOLD = (CHANGES, MAILS, COMMENTS)
"""What a case's history is told by, each with a watermark of its own."""

MARKS: Mapping[Stream, Mapping[str, Resource]] = {
    Stream.HISTORY: {"Incoming": MAILS, "IsPublished": COMMENTS},
    Stream.CALLS: {"IsClosed": LOGGED},
}
"""What tells the rows of a stream apart once they were set aside."""

LISTS: Mapping[Stream, Resource] = {
    Stream.AGENTS: USERS,
    Stream.SCHEDULES: HOURS,
    Stream.SLA_POLICIES: PROCESSES,
    Stream.CUSTOM_STATUSES: STATUSES,
}

USUAL: Mapping[Stream, Resource] = {
    Stream.TICKETS: CASES,
    Stream.METRIC_EVENTS: MILESTONES,
    Stream.CALLS: VOICE_CALLS,
    Stream.WORK_ITEMS: WORK,
    **LISTS,
}
"""What the rows of a stream are where no mark says otherwise; those of any other are changes of cases."""


def resource_of(stream: Stream, raw: str) -> Resource:
    """Return what a row of a stream that was set aside is one of."""
    marked = (each for mark, each in MARKS.get(stream, {}).items() if f'"{mark}"' in raw)
    return next(marked, USUAL.get(stream, CHANGES))


def offered(settings: SalesforceSettings) -> list[Stream]:
    """Return the streams of an org, in order: one of both kinds of ratings, and only as configured."""
    csat = settings.csat
    ratings_of = Stream.SURVEYS if csat is not None and csat.field is None else Stream.RATINGS
    opted = {
        ratings_of: csat is not None,
        Stream.CALLS: settings.calls is not None,
        Stream.WORK_ITEMS: settings.agent_work,
    }
    without = {Stream.RATINGS, Stream.SURVEYS, *OBSERVED} - {stream for stream, wanted in opted.items() if wanted}
    return [stream for stream in Stream if stream not in {*without, Stream.ACTIVITIES}]


def tracked(field: str) -> Resource:
    """Return the changes of a field that holds ratings."""
    mine = (is_("Field", field),)
    return Resource("CaseHistory", payloads.CaseHistory, ratings.tracked_rating, "CreatedDate", mine)


def shown(field: str) -> Resource:
    """Return the cases that show a rating in a field."""
    return Resource("Case", payloads.Case, ratings.rating, where=(is_not(field, None),))


def answers(question: str) -> Resource:
    """Return the answers to one question of the surveys."""
    mine = (is_("QuestionId", question),)
    return Resource("SurveyQuestionResponse", payloads.SurveyAnswer, surveys.unread, where=mine)
