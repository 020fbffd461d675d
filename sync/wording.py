"""How our keys and figures are put into words: clocks, ticket fields, subjects, values."""

from collections.abc import Iterator, Mapping, Sequence

from connectors.base import Target
from kpi_engine.cases import COMPLAINT
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator, Reduction, Unit
from kpi_engine.message import Message, message
from kpi_engine.reduce import Cell, Scope
from kpi_engine.rulebook import Rulebook
from kpi_engine.tally import COUNTS
from sync.locale import Language
from sync.store.changes import ChangeState

_CLOCKS = {
    "first_reply": message("First reply"),
    "next_reply": message("Next reply"),
    "resolution": message("Resolution"),
    "update": message("Update"),
    "ownership": message("Ownership"),
    COMPLAINT: message("Complaint"),
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


PROFILE_WARNING = message(
    "on most plans every agent can read what stands on agents' profiles: each would see the others' figures"
)
"""Said wherever figures on agents' profiles are asked for."""


def heading(indicator: Indicator) -> Message:
    """Return a name that fits over a narrow column."""
    return _HEADINGS.get(indicator.key, indicator.name)


TARGET_NAMES = {
    Target.TICKET: message("ticket"),
    Target.AGENT: message("agent"),
    Target.SUMMARY: message("summary"),
    Target.ESCALATION: message("escalation on ticket"),
}

PASS_WORDS = {
    "sync": message("sync"),
    "dry-run": message("dry run"),
    "revert": message("revert"),
    "recompute": message("recompute"),
    "announce": message("announcement"),
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


SUMMARY_STATES = {
    "planned": message("planned"),
    "provisional": message("provisional"),
    "settled": message("settled"),
    "corrected": message("corrected"),
    "reverted": message("taken back"),
}


def clock_name(clock: str) -> Message:
    """Return the name of a policy's clock; one that nobody named is shown by its key."""
    return _CLOCKS.get(clock, Message(clock))


def field_name(key: str) -> Message:
    """Return what a field of ours holds, as its title or its indicator says; one we no longer know by its key."""
    return FIELD_TITLES.get(key) or (INDICATORS[key].name if key in INDICATORS else Message(key))


EVERY_ACCOUNT = "*"
"""What stands for an account's name where figures are those of several together."""

ALL_ACCOUNTS = message("all accounts")
NOBODY = message("nobody")
NONE_GIVEN = message("none given")
"""What tickets without a channel, a priority, a segment or a severity have."""

HEADLINES = ("created", "solved", "backlog", "first_reply", "full_resolution", "overdue_count", "satisfaction_rate")
"""The indicators that stand beside each other where there is room for a few only."""

SCOPES = {
    Scope.AGENT: message("Agent"),
    Scope.TEAM: message("Team"),
    Scope.MANAGER: message("Manager"),
    Scope.COUNTRY: message("Country"),
    Scope.TIER: message("Tier"),
    Scope.ACCOUNT: message("Account"),
    Scope.CHANNEL: message("Channel"),
    Scope.PRIORITY: message("Priority"),
    Scope.SEGMENT: message("Segment"),
    Scope.SEVERITY: message("Severity"),
}

PERIOD_STATES = {
    "provisional": message("provisional"),
    "settled": message("settled"),
    "corrected": message("corrected"),
}

_FINE, _FEW = 2, 10
"""A mean of few things is told to two digits, of more to one."""

_REASONS = {
    "agent_opened": message("an agent opened it, the customer was not waiting"),
    "ai_agent": message("only an AI agent worked on it"),
    "automatic_solve": message("it was solved automatically"),
    "before_history": message("its beginning lies before the history that was pulled"),
    "clock_void": message("its clock ended without a verdict"),
    "clock_undecided": message(
        "whether its goal was met cannot be told: the helpdesk keeps no history, and the goal fell between two looks"
    ),
    "never_assigned": message("it was never given to an agent"),
    "neutral_ignored": message("its rating is neutral, and neutral ones are ignored"),
    "no_action": message("no agent has touched it"),
    "no_agent_named": message("no agent is named as responsible"),
    "no_goal": message("no goal applied to it"),
    "no_reply": message("no agent has replied"),
    "no_requester": message("its requester is not known"),
    "exempted": message("it was exempted"),
    "no_direction": message("whether it came in or was dialled is not known"),
    "no_time_told": message("how long it took is not known"),
    "no_talk_time": message("how long it was talked is not known"),
    "no_score": message("its rating has no score"),
    "not_solved": message("it is not solved"),
    "on_leave": message("its holder was on leave when it became late"),
    "other_cause": message("its cause does not lie with an agent"),
    "other_rating": message("another rating of the ticket counts"),
    "other_scale": message("its score is on an earlier scale"),
    "other_currency": message("its amount is in another currency"),
    "scale_unfit": message("its scale is not 0 to 10"),
    "wording_unknown": message("which end of its scale is the easy one is not told (higher_is_better)"),
    "no_pair": message("an expectation stands without its perception, or the other way round"),
    "dimension_missing": message("it leaves out a dimension that has a weight"),
    "nothing_applied": message("no category applied"),
    "no_weight": message("nothing in it has a weight"),
    "nothing_to_compare": message("its manager evaluated nobody else then, or all alike"),
    "no_wait_time": message("how long the customer waited is not known"),
    "no_customer": message("whose call it was is not known"),
    "period_unfit": message("the period it is told for does not lie within this one"),
    "rating_withdrawn": message("the rating was withdrawn"),
    "reopened": message("it was reopened and is not solved again"),
    "scale_unknown": message("its score has no known scale"),
    "solved_without_reply": message("it was solved without a reply"),
    "still_running": message("its clock still runs"),
    "survey_unknown": message("when its survey was sent is not known"),
    "window_open": message("the time in which the customer may return is not over"),
    "own": message("it is a summary or an announcement written by helpdesk-kpi"),
    "too_young": message("it was opened after the instant the data is complete to"),
    "deleted": message("it was deleted"),
    "merged": message("it was merged into another ticket"),
    "excluded_tag": message("it bears a tag that is excluded"),
    "excluded_form": message("its form is excluded"),
}


def reason_text(code: str, language: Language) -> str:
    """Return in words why a ticket does not count; a reason that nobody worded is shown by its code."""
    return language(_REASONS[code]) if code in _REASONS else code


_CONDITIONS = {
    "not_solved": message("not solved"),
    "reopened": message("reopened"),
    "reply_turns": message("not exactly one reply turn"),
    "returned": message("the requester came back"),
    "transferred": message("more than one assignee"),
    "window_open": message("the window after the solve is still open"),
}
"""Why a ticket was not solved at the first contact."""


def part_text(part: str | None, language: Language) -> str:
    """Return how a part of a ticket is called: clocks by name, conditions that failed in words, all else as it is."""
    clock = clock_of(part)
    if clock in _CLOCKS:
        return language(_CLOCKS[clock])
    failed = (part or "").split("+")
    return "; ".join(language(_CONDITIONS[each]) for each in failed) if failed[0] in _CONDITIONS else part or ""


def clock_of(part: str | None) -> str:
    """Return the clock that a part names, alone or with its ticket ("first_reply:123")."""
    return (part or "").partition(":")[0]


def subject_name(subject: str | None, scope: Scope, rulebook: Rulebook, at: int) -> Message:
    """Return how a subject is called: the agent's or team's name as of then, a manager's, all else as it is."""
    if subject is None:
        return NOBODY if scope in (Scope.AGENT, Scope.TEAM, Scope.MANAGER) else NONE_GIVEN
    if scope is Scope.ACCOUNT and subject == EVERY_ACCOUNT:
        return ALL_ACCOUNTS
    if scope is Scope.AGENT:
        person = rulebook.person(subject, at)
        return Message("{name}", {"name": person.name if person is not None else subject})
    if scope is Scope.MANAGER:
        return Message("{name}", {"name": rulebook.called.get(subject, subject)})
    if scope is Scope.PRIORITY:
        return priority_name(subject)
    group = rulebook.groups.get(subject.removeprefix("group:")) if subject.startswith("group:") else None
    return Message("{name}", {"name": group.at(at) if group is not None else subject})


_PRIORITIES = {
    each.text: each
    for each in (
        *(message("urgent"), message("high"), message("normal"), message("medium"), message("low")),
        *(message("High"), message("Medium"), message("Low")),
    )
}
"""The helpdesks' own words for priorities."""


def priority_name(word: str) -> Message:
    """Return how a priority is called: the helpdesks' own words in the reader's language, any other as it is."""
    return _PRIORITIES.get(word) or Message("{name}", {"name": word})


def priority_called(name: str, language: Language) -> str:
    """Return the helpdesk's word for a priority that is called so in a language; what is none of its words as it is."""
    return next((word for word, called in _PRIORITIES.items() if name in (word, language(called))), name)


def value_text(indicator: Indicator, value: float | None, language: Language) -> str:
    """Return a value in its unit: a length of time, a percentage, points or a number; a dash for none."""
    if value is None:
        return "–"
    if indicator.unit is Unit.SECONDS:
        return language.duration(value)
    if indicator.unit is Unit.SHARE:
        return language.percent(value)
    if indicator.unit is Unit.NET_POINTS:
        return language.number(value, 1)
    return language.number(value, _digits(indicator, value))


def _digits(indicator: Indicator, value: float) -> int:
    if indicator.unit in (Unit.POINTS, Unit.DEVIATIONS):
        return _FINE
    return 0 if value == int(value) else _FINE if value < _FEW else 1


def cell_text(indicator: Indicator, cell: Cell, language: Language) -> str:
    """Return a figure as people read it: below min_n not a verdict but how much data is there."""
    if cell.value is None:
        return "–"
    if not cell.enough:
        return language(message("not enough data yet ({n} of {min_n})", n=cell.n, min_n=cell.min_n))
    value = value_text(indicator, cell.value, language)
    return f"{value} {cell.series}" if indicator.unit is Unit.MONEY else value


def detail_text(indicator: Indicator, cell: Cell, language: Language) -> str:
    """Return what stands beside a figure: n, and the interval, or the median and the 90th percentile."""
    if not cell.n:
        return ""
    if indicator.reduction in COUNTS:
        return "; ".join([*_parts_texts(indicator, cell, language), *_steps_text(cell, language)])
    parts = [language(message("n = {n}", n=cell.n))]
    if cell.low is not None and cell.high is not None and cell.enough:
        low, high = (value_text(indicator, end, language) for end in (cell.low, cell.high))
        parts.insert(0, f"{low} – {high}")
    if cell.median is not None and cell.p90 is not None:
        median, p90 = value_text(indicator, cell.median, language), value_text(indicator, cell.p90, language)
        parts.insert(0, language(message("median {median}, 9 of 10 within {p90}", median=median, p90=p90)))
    if cell.series is not None and indicator.unit is not Unit.MONEY:
        parts.append(language(message("scale {scale}", scale=cell.series)))
    parts += _others_text(indicator, cell, language)
    return "; ".join([*parts, *_parts_texts(indicator, cell, language), *_steps_text(cell, language)])


SHOWN_PARTS = 6
"""So many parts of a breakdown stand beside its figure; JSON has them all."""


def _parts_texts(indicator: Indicator, cell: Cell, language: Language) -> Iterator[str]:
    """Yield the parts of a breakdown, the largest first, and how many more there are."""
    for name, *sums in cell.parts[:SHOWN_PARTS]:
        part, value = _part_name(indicator, name, language), _part_value(indicator, sums, language)
        yield language(message("{part}: {value}", part=part, value=value))
    if more := cell.parts[SHOWN_PARTS:]:
        yield language(message("and {n} more", n=len(more)))


def _part_name(indicator: Indicator, name: str, language: Language) -> str:
    if indicator.reduction is Reduction.CURVE:
        return language(message("within {time}", time=language.duration(int(name))))
    return name or language(NONE_GIVEN)


def _part_value(indicator: Indicator, sums: Sequence[int], language: Language) -> str:
    numerator, denominator = sums
    if indicator.unit is Unit.SHARE:
        return language.percent(numerator / denominator) if denominator else "–"
    return language.number(denominator)


def _others_text(indicator: Indicator, cell: Cell, language: Language) -> Iterator[str]:
    """Yield how many were left out because they are on another scale, or in another currency."""
    if cell.others and indicator.unit is Unit.MONEY:
        yield language(message("{n} in another currency left out", n=cell.others))
    elif cell.others:
        yield language(message("{n} on another scale left out", n=cell.others))


def _steps_text(cell: Cell, language: Language) -> Iterator[str]:
    if cell.strays:
        yield language(message("{n} without the step before", n=cell.strays))


def parameters_text(indicator: Indicator, values: Mapping[str, object], language: Language) -> str:
    """Return parameters as they stand in the configuration, lengths of time in words."""
    base = INDICATORS[indicator.key.removesuffix("_calendar")]
    times = {each.name for each in base.parameters if each.duration}
    return ", ".join(
        f"{name}: {language.duration(float(str(value))) if name in times else value}" for name, value in values.items()
    )
