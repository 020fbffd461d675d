"""Family D: how often a ticket was written on, passed on and escalated until it was solved."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from kpi_engine.course import until
from kpi_engine.escalating import EscalationKind
from kpi_engine.evidence import Evidence, Left
from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Parameter, Reduction, Unit
from kpi_engine.indicators.volume import COUNT, EXCLUDE
from kpi_engine.measurement import CreditLine, Omission, Stamp
from kpi_engine.message import message
from kpi_engine.rulebook import Status
from kpi_engine.story import StepKind

_TWO = 2
_LE1, _EQ1, _EQ1_INCL_OPEN, _NO_WAIT_STATUS = "le1", "eq1", "eq1_incl_open", "no_wait_status"
_ONE_TOUCH = "one_touch"


# --- Touches ----------------------------------------------------------------------------------------------------------


class _Touched(NamedTuple):
    """A solved ticket's number of replies by then, and whether it counts as solved in one touch."""

    solve: Stamp
    touches: int
    once: bool


def _touched(evidence: Evidence) -> _Touched | Left:
    solved = evidence.solved
    if isinstance(solved, Left):
        return solved
    rule = evidence.word(_ONE_TOUCH, "touch_rule", _LE1, at=solved.at)
    touches = sum([reply.at <= solved.at for reply in evidence.course.replies])
    if rule == _EQ1_INCL_OPEN:
        touches += evidence.course.opened_publicly
    if touches == 0 and evidence.word(_ONE_TOUCH, "zero_reply", COUNT, at=solved.at) == EXCLUDE:
        return Left(solved, "no_reply")
    if rule == _NO_WAIT_STATUS:
        return _Touched(solved, touches, touches > 0 and _never_waited(evidence, solved.at))
    return _Touched(solved, touches, touches == 1 or (rule == _LE1 and touches == 0))


def _never_waited(evidence: Evidence, at: int) -> bool:
    """Tell whether a ticket was never pending, on hold or reopened up to its last solve."""
    waiting = (Status.PENDING, Status.HOLD)
    waited = any(step.at <= at and step.state.status in waiting for step in evidence.story.steps)
    return not waited and not evidence.course.reopens


def _touch(key: str, fits: Callable[[_Touched], bool], evidence: Evidence) -> Iterator[CreditLine | Omission]:
    touched = evidence.once(_touched)
    if isinstance(touched, Left):
        yield touched.out_of(key)
    else:
        yield CreditLine(key, touched.solve, int(fits(touched)))


# --- Hands ------------------------------------------------------------------------------------------------------------


def _assignees(evidence: Evidence, at: int) -> list[str]:
    return [station.holder for station in until(evidence.course.stations, at)]


def _unique_assignees(evidence: Evidence, at: int) -> set[str]:
    return set(_assignees(evidence, at))


def _groups(evidence: Evidence, at: int) -> list[str]:
    return [station.holder for station in until(evidence.course.group_stations, at)]


_WRITING = (StepKind.OPENED, StepKind.AGENT_REPLY, StepKind.NOTE)


def _writers(evidence: Evidence, at: int) -> set[str | None]:
    """Return the agents who wrote on the ticket, its opening included."""
    steps = evidence.story.steps
    return {step.actor for step in steps if step.by_agent and step.kind in _WRITING and step.at <= at}


def _hands(
    key: str, find: Callable[[Evidence, int], Collection[str | None]], evidence: Evidence
) -> Iterator[CreditLine | Omission]:
    solved = evidence.solved
    if isinstance(solved, Left):
        yield solved.out_of(key)
    else:
        yield CreditLine(key, solved, len(find(evidence, solved.at)))


def _escalation_rate(evidence: Evidence) -> Iterator[CreditLine]:
    key, ticket_id = "escalation_rate", evidence.history.ticket_id
    for at, agent in evidence.course.actions:
        yield CreditLine(key, evidence.stamp(agent, at), 0, 1, ticket_id)
    for firing in evidence.firings:
        if firing.level > 0:
            yield CreditLine(key, evidence.holder(firing.at), 1, 1, ticket_id)


def _escalations(key: str, kind: EscalationKind, evidence: Evidence) -> Iterator[CreditLine]:
    for firing in evidence.firings:
        if firing.kind == kind:
            yield CreditLine(key, evidence.holder(firing.at), part=evidence.history.ticket_id)


_NEEDS = frozenset({Input.TICKETS, Input.HISTORY})
_LAST_SOLVE = message("the last solve, while it stands")

_TOUCH = Indicator(
    key=_ONE_TOUCH,
    catalogue="one_touch",
    name=message("One-touch resolution"),
    formula=message("solved tickets with at most one public reply divided by solved tickets"),
    stamp=_LAST_SOLVE,
    credit=message("the assignee at that solve"),
    unit=Unit.SHARE,
    better=Better.HIGHER,
    reduction=Reduction.RATIO,
    lines=partial(_touch, _ONE_TOUCH, lambda touched: touched.once),
    needs=_NEEDS,
    interval=Interval.WILSON,
    min_n=10,
    parameters=(
        Parameter(
            name="touch_rule",
            default=_LE1,
            allowed=(_LE1, _EQ1, _EQ1_INCL_OPEN, _NO_WAIT_STATUS),
            why=message(
                "Zendesk's help says fewer than two replies (`le1`) in one language and exactly one (`eq1`) in "
                "another; Freshdesk and Zoho mean the first response. dbt_zendesk counts an agent's opening comment "
                "too (`eq1_incl_open`). Zendesk messaging wants a reply and neither waiting nor reopening "
                "(`no_wait_status`)."
            ),
        ),
        Parameter(
            name="zero_reply",
            default=COUNT,
            allowed=(COUNT, EXCLUDE),
            why=message(
                "A ticket solved by telephone needs no written reply and stays among the solved. Groove divides by "
                "tickets with a reply only: `exclude` does."
            ),
        ),
    ),
)

_FEW_TOUCHES = replace(_TOUCH, better=Better.LOWER, parameters=())

_STATIONS = replace(
    _TOUCH,
    key="assignee_stations",
    catalogue="transfers (stations)",
    name=message("Assignee stations"),
    formula=message("how often a ticket was given to an agent up to the last solve; A, B and A again are three"),
    unit=Unit.TIMES,
    better=Better.LOWER,
    reduction=Reduction.MEAN,
    lines=partial(_hands, "assignee_stations", _assignees),
    interval=Interval.NONE,
    min_n=1,
    parameters=(),
)

_ESCALATED = Indicator(
    key="functional_escalations",
    catalogue="esc_rate (functional)",
    name=message("Functional escalations"),
    formula=message("number of different tickets that a clock escalated to more skill (`type: functional`)"),
    stamp=message("the escalation"),
    credit=message("who has the ticket when it escalates"),
    unit=Unit.TICKETS,
    better=Better.LOWER,
    reduction=Reduction.DISTINCT,
    lines=partial(_escalations, "functional_escalations", EscalationKind.FUNCTIONAL),
    needs=_NEEDS,
)

INDICATORS = (
    _TOUCH,
    replace(
        _FEW_TOUCHES,
        key="two_touch",
        catalogue="two_touch",
        name=message("Two-touch resolution"),
        formula=message("solved tickets with two public replies divided by solved tickets"),
        lines=partial(_touch, "two_touch", lambda touched: touched.touches == _TWO),
    ),
    replace(
        _FEW_TOUCHES,
        key="multi_touch",
        catalogue="multi_touch",
        name=message("Multi-touch resolution"),
        formula=message("solved tickets with more than two public replies divided by solved tickets"),
        lines=partial(_touch, "multi_touch", lambda touched: touched.touches > _TWO),
    ),
    _STATIONS,
    replace(
        _STATIONS,
        key="unique_assignees",
        catalogue="transfers (unique)",
        name=message("Different assignees"),
        formula=message("how many different agents a ticket was given to up to the last solve"),
        unit=Unit.PEOPLE,
        lines=partial(_hands, "unique_assignees", _unique_assignees),
    ),
    replace(
        _STATIONS,
        key="group_stations",
        catalogue="group_hops",
        name=message("Group stations"),
        formula=message("how often a ticket was given to a group up to the last solve, the first included"),
        lines=partial(_hands, "group_stations", _groups),
    ),
    replace(
        _STATIONS,
        key="commenting_agents",
        catalogue="handoffs",
        name=message("Commenting agents"),
        formula=message("how many different agents wrote on a ticket, publicly or privately, up to the last solve"),
        unit=Unit.PEOPLE,
        lines=partial(_hands, "commenting_agents", _writers),
    ),
    replace(
        _TOUCH,
        key="escalation_rate",
        catalogue="esc_rate",
        name=message("Escalation rate"),
        formula=message(
            "different tickets that a clock escalated to level 1 or above divided by those and the different tickets "
            "on which the agent did something"
        ),
        stamp=message("the escalation; each thing done"),
        credit=message("who has the ticket when it escalates; the agent who did something"),
        better=Better.LOWER,
        reduction=Reduction.DISTINCT_RATIO,
        lines=_escalation_rate,
        parameters=(),
    ),
    _ESCALATED,
    replace(
        _ESCALATED,
        key="hierarchical_escalations",
        catalogue="esc_rate (hierarchical)",
        name=message("Hierarchical escalations"),
        formula=message("number of different tickets that a clock escalated to more authority"),
        lines=partial(_escalations, "hierarchical_escalations", EscalationKind.HIERARCHICAL),
    ),
)
