"""How our keys and figures are put into words: clocks, ticket fields, subjects, values."""

from connectors.base import Target
from kpi_engine.indicators.indicator import Indicator, Unit
from kpi_engine.message import Message, message
from kpi_engine.reduce import Cell, Scope
from kpi_engine.rulebook import Rulebook
from sync.locale import Language
from sync.store.changes import ChangeState

_CLOCKS = {
    "first_reply": message("First reply"),
    "resolution": message("Resolution"),
}

FIELD_TITLES = {
    "due_at": message("KPI: due at"),
    "overdue": message("KPI: overdue"),
    "overdue_clock": message("KPI: overdue clock"),
    "escalation_level": message("KPI: escalation level"),
    "first_reply_minutes": message("KPI: first reply (business minutes)"),
    "resolution_minutes": message("KPI: resolution (business minutes)"),
}

FIELD_DESCRIPTIONS = {
    "due_at": message("The earliest due time among the clocks that run on this ticket."),
    "overdue": message("Whether a clock of this ticket is over its goal."),
    "overdue_clock": message("Which clocks are over their goal."),
    "escalation_level": message("The highest escalation level reached by a clock that is over its goal."),
    "first_reply_minutes": message("Business time from creation to the first public reply of a human agent."),
    "resolution_minutes": message("Business time from creation to the solve that stands."),
}

_HEADINGS = {
    "created": message("Created"),
    "solved": message("Solved"),
    "backlog": message("Backlog"),
    "first_reply": message("First reply"),
    "full_resolution": message("Resolution"),
    "overdue_count": message("Overdue"),
    "satisfaction_rate": message("Satisfied"),
}

FIELD_KINDS = {
    "due_at": "moment",
    "overdue": "yes_no",
    "overdue_clock": "text",
    "escalation_level": "integer",
    "first_reply_minutes": "integer",
    "resolution_minutes": "integer",
}


def heading(indicator: Indicator) -> Message:
    """Return a name that fits over a narrow column."""
    return _HEADINGS.get(indicator.key, indicator.name)


TARGET_NAMES = {
    Target.TICKET: message("ticket"),
    Target.AGENT: message("agent"),
    Target.SUMMARY: message("summary"),
}

PASS_WORDS = {
    "sync": message("sync"),
    "dry-run": message("dry run"),
    "running": message("running"),
    "done": message("done"),
    "failed": message("failed"),
    "interrupted": message("interrupted"),
}
"""The modes of passes and the states they end in."""

CHANGE_STATES = {
    ChangeState.QUEUED: message("queued"),
    ChangeState.SENDING: message("being sent"),
    ChangeState.UNDER_WAY: message("under way"),
    ChangeState.DELIVERED: message("delivered"),
    ChangeState.REFUSED: message("refused"),
    ChangeState.IN_DOUBT: message("in doubt"),
    ChangeState.SUPERSEDED: message("replaced by newer ones"),
}


def clock_name(clock: str) -> Message:
    """Return the name of a policy's clock; one that nobody named is shown by its key."""
    return _CLOCKS.get(clock, Message(clock))


NOBODY = message("nobody")


def subject_name(subject: str | None, scope: Scope, rulebook: Rulebook, at: int) -> Message:
    """Return how a subject is called: the agent's or team's name as of then, the account's, or nobody."""
    if subject is None:
        return NOBODY
    if scope is Scope.AGENT:
        person = rulebook.person(subject, at)
        return Message("{name}", {"name": person.name if person is not None else subject})
    group = rulebook.groups.get(subject.removeprefix("group:")) if subject.startswith("group:") else None
    return Message("{name}", {"name": group.at(at) if group is not None else subject})


def value_text(indicator: Indicator, value: float | None, language: Language) -> str:
    """Return a value in its unit: a count, a length of time or a percentage; a dash for none."""
    if value is None:
        return "–"
    if indicator.unit is Unit.SECONDS:
        return language.duration(value)
    return language.percent(value) if indicator.unit is Unit.SHARE else language.number(value)


def cell_text(indicator: Indicator, cell: Cell, language: Language) -> str:
    """Return a figure as people read it: below min_n not a verdict but how much data is there."""
    if cell.value is None:
        return "–"
    if not cell.enough:
        return language(message("not enough data yet ({n} of {min_n})", n=cell.n, min_n=cell.min_n))
    return value_text(indicator, cell.value, language)


def detail_text(indicator: Indicator, cell: Cell, language: Language) -> str:
    """Return what stands beside a figure: n, and the interval or the median and the 90th percentile."""
    if indicator.additive or not cell.n:
        return ""
    count = language(message("n = {n}", n=cell.n))
    if cell.low is not None and cell.high is not None and cell.enough:
        return f"{language.percent(cell.low)} – {language.percent(cell.high)}; {count}"
    if cell.median is not None and cell.p90 is not None:
        told = {"median": language.duration(cell.median), "p90": language.duration(cell.p90)}
        return language(message("median {median}, 9 of 10 within {p90}", **told)) + f"; {count}"
    return count
