"""Family B: responsiveness, but for what holdings answer."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import takewhile

from kpi_engine.course import Wait
from kpi_engine.elapsed import Spent, total
from kpi_engine.evidence import EXEMPTED, Evidence, Left, Timing
from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Parameter, Reduction, Seen, Unit
from kpi_engine.indicators.overdue import WITHOUT_VERDICT
from kpi_engine.indicators.timed import CALENDAR_SWITCH, span, twins
from kpi_engine.measurement import Clock, ClockState, CreditLine, Omission
from kpi_engine.message import message
from kpi_engine.story import Step

FIRST_REPLY_CLOCK = "first_reply"
_WITHIN_KEY = "first_reply_within"
_CREATED, _HANDOFF, _REOPEN = "created", "handoff", "reopen"


# --- First reply ------------------------------------------------------------------------------------------------------


def _first_reply(evidence: Evidence) -> Iterator[Timing | Left]:
    replies = evidence.course.replies
    if not replies:
        yield _unanswered(evidence)
    elif not evidence.whole:
        yield evidence.before_history(replies[0].at)
    else:
        start = evidence.word("first_reply", "start", _CREATED, at=replies[0].at)
        for begun_at, reply in _begun(evidence, start):
            yield span(evidence, "first_reply", begun_at, evidence.stamp(reply.actor, reply.at))


def _begun(evidence: Evidence, start: str) -> list[tuple[int, Step]]:
    """Return the first reply, or that of every episode, with the instant its time begins at."""
    if start == _REOPEN:
        return [(begun.at, reply) for begun, reply in evidence.course.episodes]
    reply = evidence.course.replies[0]
    return [(_handed_over(evidence, reply) if start == _HANDOFF else evidence.opened_at, reply)]


def _handed_over(evidence: Evidence, reply: Step) -> int:
    """Return when a machine last gave the ticket out of its hands before the reply, else when it was created."""
    handed_over, in_machine = evidence.opened_at, False
    for step in takewhile(lambda step: step.at < reply.at, evidence.story.steps):
        machine = evidence.rulebook.is_machine(step.state.agent, step.at)
        handed_over = step.at if in_machine and not machine else handed_over
        in_machine = machine
    return handed_over


def _unanswered(evidence: Evidence) -> Left:
    """Return why there is no reply, or none that somebody waited for."""
    opened_at, solve = evidence.opened_at, evidence.last_solve
    if not evidence.whole:
        return evidence.before_history(opened_at)
    if evidence.story.owed_from is None:
        return Left(evidence.opening, "agent_opened")
    if solve is not None:
        return Left(evidence.solver(solve), "solved_without_reply")
    return Left(evidence.stamp(evidence.story.last.agent, opened_at), "no_reply")


def _first_reply_within(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    clocks = [clock for clock in evidence.clocks if clock.clock == FIRST_REPLY_CLOCK]
    for clock in clocks:
        yield from _within(evidence, clock)
    if not clocks and evidence.whole and evidence.course.replies:
        reply = evidence.course.replies[0]
        yield Left(evidence.stamp(reply.actor, reply.at), "no_goal").out_of(_WITHIN_KEY)


def _within(evidence: Evidence, clock: Clock) -> Iterator[CreditLine | Omission]:
    if evidence.is_exempt(clock.clock):
        yield from _exempted(evidence, clock)
    elif clock.breached_at is not None:
        breached = evidence.stamp_of(clock.agent, clock.team, clock.breached_at)
        yield CreditLine(_WITHIN_KEY, breached, 0, 1, clock.clock, clock.certainty)
    elif clock.stopped_at is not None and clock.state is ClockState.MET:
        met = evidence.stamp(_replier(evidence, clock.stopped_at), clock.stopped_at)
        yield CreditLine(_WITHIN_KEY, met, 1, 1, clock.clock, clock.certainty)
    elif clock.stopped_at is not None:  # else it still runs within its goal
        yield Left(evidence.holder(clock.stopped_at), WITHOUT_VERDICT[clock.state]).out_of(_WITHIN_KEY)


def _exempted(evidence: Evidence, clock: Clock) -> Iterator[Omission]:
    if clock.forgiven_at is not None:
        yield Left(evidence.stamp_of(clock.agent, clock.team, clock.forgiven_at), EXEMPTED).out_of(_WITHIN_KEY)
    elif clock.stopped_at is not None:
        yield Left(evidence.holder(clock.stopped_at), EXEMPTED).out_of(_WITHIN_KEY)


def _replier(evidence: Evidence, at: int) -> str | None:
    """Return who replied at an instant; the assignee where the policy lets something else stop the clock."""
    authors = [reply.actor for reply in evidence.course.replies if reply.at == at]
    return authors[0] if authors else evidence.assignee_at(at)


# --- Every reply ------------------------------------------------------------------------------------------------------


def _response_time(evidence: Evidence) -> Iterator[Timing | Left]:
    waits = evidence.course.waits
    for wait in waits:
        yield _answered(evidence, "response_time", wait)
    if not waits:
        yield _nobody_waited(evidence)


def _call_answered(key: str, seen: Seen) -> Iterator[CreditLine]:
    """Yield how long a caller waited until somebody took his call, which was while the telephone was manned."""
    wait = seen.number("wait_s")
    if seen.text("direction") == "inbound" and seen.text("outcome") == "answered" and wait is not None:
        yield CreditLine(key, seen.stamp(seen.observation.at + wait), wait)


def _with_calls(row: Indicator) -> Indicator:
    return replace(row, observed=partial(_call_answered, row.key), feeds=frozenset({Input.CALLS}))


def _nobody_waited(evidence: Evidence) -> Left:
    replies = evidence.course.replies
    if not replies or not evidence.whole:
        return _unanswered(evidence)
    return Left(evidence.stamp(replies[0].actor, replies[0].at), "agent_opened")


def _next_reply(evidence: Evidence) -> Iterator[Timing | Left]:
    """Yield the waits but the one that the first reply ended: an agent's remark may have come before them all."""
    waits, replies = evidence.course.waits, evidence.course.replies
    first = evidence.whole and bool(waits) and waits[0].reply is replies[0]
    for wait in waits[first:]:
        yield _answered(evidence, "next_reply", wait)


def _answered(evidence: Evidence, key: str, wait: Wait) -> Timing:
    return span(evidence, key, wait.asked_at, evidence.stamp(wait.reply.actor, wait.reply.at))


def _altogether(join: Callable[[list[Spent]], Spent], evidence: Evidence) -> Iterator[Timing | Left]:
    """Yield what the answered waits come to, for whoever ended the last one."""
    waits = evidence.course.waits
    if waits and evidence.whole:
        spent = join([evidence.elapsed.between(wait.asked_at, wait.reply.at) for wait in waits])
        last = waits[-1].reply
        yield Timing(evidence.stamp(last.actor, last.at), spent)
    else:
        yield _nobody_waited(evidence)


def _longest(times: list[Spent]) -> Spent:
    return times[0] if len(times) == 1 else Spent(*map(max, zip(*times, strict=True)))


# --- Taking it up -----------------------------------------------------------------------------------------------------


def _time_to_assign(evidence: Evidence) -> Iterator[Timing | Left]:
    opened_at, stations = evidence.opened_at, evidence.course.stations
    if not evidence.whole:
        yield evidence.before_history(opened_at)
    elif not stations:
        yield Left(evidence.stamp(None, opened_at), "never_assigned")
    else:
        yield span(evidence, "time_to_assign", opened_at, evidence.stamp(None, stations[0].at))


def _time_to_acknowledge(evidence: Evidence) -> Iterator[Timing | Left]:
    opened_at, actions = evidence.opened_at, evidence.course.actions
    if not evidence.whole:
        yield evidence.before_history(opened_at)
    elif evidence.story.opened_by_agent:
        yield Left(evidence.opening, "agent_opened")
    elif not actions:
        yield Left(evidence.stamp(evidence.story.last.agent, opened_at), "no_action")
    else:
        at, agent = actions[0]
        yield span(evidence, "time_to_acknowledge", opened_at, evidence.stamp(agent, at))


_NEEDS = frozenset({Input.TICKETS, Input.HISTORY})
_REPLIER = message("the agent who replied")

_FIRST = Indicator(
    key="first_reply",
    catalogue="frt",
    name=message("First reply time"),
    formula=message("business time from creation to the first public reply of a human agent"),
    stamp=message("the first public reply of a human agent"),
    credit=_REPLIER,
    unit=Unit.SECONDS,
    better=Better.LOWER,
    reduction=Reduction.MEAN,
    needs=_NEEDS,
    parameters=(
        Parameter(
            name="start",
            default=_CREATED,
            allowed=(_CREATED, _HANDOFF, _REOPEN),
            why=message(
                "The customer waits from the creation, on every channel, as in Zendesk and Freshdesk. Chatwoot starts "
                "when a bot hands over to people, and again at every reopening: `handoff` does the former (from the "
                "instant at which a machine was the assignee no longer), `reopen` the latter."
            ),
        ),
        CALENDAR_SWITCH,
    ),
)

_WITHIN = Indicator(
    key=_WITHIN_KEY,
    catalogue="frt_within",
    name=message("First reply within the goal"),
    formula=message(
        "first replies within the goal of the clock first_reply divided by those and the clocks that went over it, "
        "unanswered ones included"
    ),
    stamp=message("the first reply, or the breach"),
    credit=message("the agent who replied; for a breach, who answers for it"),
    unit=Unit.SHARE,
    better=Better.HIGHER,
    reduction=Reduction.RATIO,
    lines=_first_reply_within,
    needs=_NEEDS,
    interval=Interval.WILSON,
    min_n=10,
)

_NEXT = replace(
    _FIRST,
    key="next_reply",
    catalogue="nrt",
    name=message("Next reply time"),
    formula=message(
        "business time from the customer's oldest unanswered message to the next public reply, for every reply but "
        "the first"
    ),
    stamp=message("the reply"),
    parameters=(CALENDAR_SWITCH,),
)

_RESPONSE = replace(
    _NEXT,
    key="response_time",
    catalogue="art_resp",
    name=message("Response time"),
    formula=message(
        "business time from the creation, later from the customer's oldest unanswered message, to the public reply, "
        "for every reply that somebody waited for; of a call the wait until it was taken, which is the channel phone"
    ),
)

_TOTAL = replace(
    _NEXT,
    key="total_reply_wait",
    catalogue="total_reply",
    name=message("Total reply wait"),
    formula=message("business time the customer waited for replies, all of a ticket's waits added up"),
    stamp=message("the last reply that somebody waited for"),
    parameters=(),
)

_LONGEST = replace(
    _TOTAL,
    key="longest_wait",
    catalogue="wait_max",
    name=message("Longest wait"),
    formula=message("business time of the longest wait for a reply; each ticket enters with its longest"),
    reduction=Reduction.MAX,
)

_ASSIGN = replace(
    _NEXT,
    key="time_to_assign",
    catalogue="time_to_assign",
    name=message("Time to first assignment"),
    formula=message("business time from creation to the first assignment to an agent"),
    stamp=message("the first assignment to an agent"),
    credit=message("nobody, in the ticket's group"),
)

_ACKNOWLEDGE = replace(
    _NEXT,
    key="time_to_acknowledge",
    catalogue="time_to_ack",
    name=message("Time to acknowledge"),
    formula=message("business time from creation to the first thing a human agent did; not where an agent opened it"),
    stamp=message("the first thing a human agent did"),
    credit=message("the agent who did it"),
)

INDICATORS = (
    *twins(
        _FIRST,
        _first_reply,
        message("First reply time (calendar)"),
        message("calendar time from creation to the first public reply of a human agent"),
    ),
    _WITHIN,
    *twins(
        _NEXT,
        _next_reply,
        message("Next reply time (calendar)"),
        message(
            "calendar time from the customer's oldest unanswered message to the next public reply, for every reply "
            "but the first"
        ),
    ),
    *map(
        _with_calls,
        twins(
            _RESPONSE,
            _response_time,
            message("Response time (calendar)"),
            message(
                "calendar time from the creation, later from the customer's oldest unanswered message, to the public "
                "reply, for every reply that somebody waited for; of a call the wait until it was taken"
            ),
        ),
    ),
    *twins(
        _TOTAL,
        partial(_altogether, total),
        message("Total reply wait (calendar)"),
        message("calendar time the customer waited for replies, all of a ticket's waits added up"),
    ),
    *twins(
        _LONGEST,
        partial(_altogether, _longest),
        message("Longest wait (calendar)"),
        message("calendar time of the longest wait for a reply; each ticket enters with its longest"),
    ),
    *twins(
        _ASSIGN,
        _time_to_assign,
        message("Time to first assignment (calendar)"),
        message("calendar time from creation to the first assignment to an agent"),
    ),
    *twins(
        _ACKNOWLEDGE,
        _time_to_acknowledge,
        message("Time to acknowledge (calendar)"),
        message("calendar time from creation to the first thing a human agent did; not where an agent opened it"),
    ),
)
