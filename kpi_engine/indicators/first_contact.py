"""Family D: what was solved at the first contact, and who had to come back."""

from collections.abc import Iterator
from dataclasses import replace

from kpi_engine.contacts import is_outbound
from kpi_engine.course import until
from kpi_engine.evidence import Evidence, Left
from kpi_engine.exclusions import configured_exclusion, exclusion
from kpi_engine.history import MERGED_IN, REQUESTER_RETURNED, DerivedEvent
from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Parameter, Reduction, Unit
from kpi_engine.indicators.reopening import THANKS, reopens
from kpi_engine.indicators.volume import AUTOMATIC_SOLVES, COUNT, EXCLUDE
from kpi_engine.measurement import CreditLine, Omission, Stamp
from kpi_engine.message import message
from kpi_engine.records import TicketSnapshot

_KEY, _GROSS, _REPEAT = "first_contact_resolution", "first_contact_resolution_gross", "repeat_contact_rate"
_WEEK = 7 * 86_400
_WINDOW_OPEN = "window_open"


def _first_contact_resolution(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    solved = evidence.solved
    if isinstance(solved, Left):
        yield solved.out_of(_KEY)
    else:
        yield _line(_KEY, solved, evidence.once(_failed))


def _first_contact_resolution_gross(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    opened_at, solve = evidence.opened_at, evidence.last_solve
    agent = evidence.story.last.agent if solve is None else evidence.assignee_at(solve.at)
    failed = evidence.once(_failed_of_all) if evidence.whole else evidence.before_history(opened_at)
    yield _line(_GROSS, evidence.stamp(agent, opened_at), failed)


def _line(key: str, stamp: Stamp, failed: tuple[str, ...] | Left) -> CreditLine | Omission:
    """Return the line of a ticket with the conditions that failed, by "+" joined, as its part."""
    if isinstance(failed, Left):
        return failed._replace(stamp=stamp).out_of(key)
    return CreditLine(key, stamp, int(not failed), 1, "+".join(failed) or None)


def _failed_of_all(evidence: Evidence) -> tuple[str, ...] | Left:
    """Return the conditions that failed, of any ticket, but nothing before the window since its creation is over.

    Until then the solved and the unsolved are left out alike; from then on each is in the figure, so that it is whole
    when its period settles.
    """
    end = evidence.opened_at + _window(evidence, _KEY, evidence.opened_at)
    if evidence.story.as_of <= end:
        return Left(evidence.opening, _WINDOW_OPEN, end)
    failed = evidence.once(_failed)
    return (_WINDOW_OPEN,) if isinstance(failed, Left) and failed.until is not None else failed


def _failed(evidence: Evidence) -> tuple[str, ...] | Left:
    """Return the conditions that the ticket failed, none if its first contact solved it; a reason where it is open."""
    solve = evidence.last_solve
    if solve is None:
        return ("not_solved",)
    at = solve.at
    if solve.automatic and evidence.word(_KEY, AUTOMATIC_SOLVES, COUNT, at=at) == EXCLUDE:
        return Left(evidence.solver(solve), "automatic_solve")
    end = at + _window(evidence, _KEY, at)
    if evidence.story.as_of <= end:
        return Left(evidence.solver(solve), _WINDOW_OPEN, end)
    return tuple(_failing(evidence, at, end))


def _failing(evidence: Evidence, at: int, end: int) -> Iterator[str]:
    """Yield each condition that failed up to the last solve, and in the window after it."""
    course = evidence.course
    if sum([turn.at <= at for turn in course.turns]) != 1:
        yield "reply_turns"
    if len({station.holder for station in until(course.stations, at)}) > 1:
        yield "transferred"
    if reopens(evidence, _KEY, at):
        yield "reopened"
    if _returned(evidence, at, end) or _brought_back(evidence, at, end):
        yield "returned"


def _window(evidence: Evidence, key: str, at: int) -> int:
    return evidence.number(key, "window", _WEEK, at=at)


# --- Whether the requester came back ----------------------------------------------------------------------------------


def _brought_back(evidence: Evidence, start: int, end: int) -> bool:
    """Tell whether a ticket that its requester opened in [start, end) was merged into this one: he came back with it.

    Merged away it counts nowhere itself; that must not hide that the first contact was not the last.
    """
    return any(
        event.kind == MERGED_IN
        and start <= event.cause.created_at < end
        and event.cause.requester_id == evidence.story.ticket.requester_id
        and event.at <= evidence.story.as_of
        and _came_to_us(evidence, event.cause)
        for event in evidence.history.derived
    )


def _came_to_us(evidence: Evidence, ticket: TicketSnapshot) -> bool:
    """Tell whether a merged ticket was its requester's contact, neither a test nor an agent's doing."""
    at = ticket.created_at
    excluded = configured_exclusion(ticket, evidence.rulebook.meanings.at(at)) is not None
    return not excluded and not is_outbound(ticket, evidence.rulebook, at)


def _returned(evidence: Evidence, start: int, end: int) -> bool:
    """Tell whether the requester opened another ticket about the same topic in [start, end)."""
    return any(
        event.kind == REQUESTER_RETURNED and start <= event.at < end and _counts(evidence, event, start)
        for event in evidence.history.derived
    )


def _counts(evidence: Evidence, event: DerivedEvent, at: int) -> bool:
    """Tell whether another ticket counts at all, is no agent's doing, and follows this one up or may be of its topic.

    Where either says nothing of its topic, it may be. What the customer has follow up the closed ticket itself says by
    that alone that the matter was not over.
    """
    rulebook, cause = evidence.rulebook, event.cause
    if exclusion(cause, rulebook.meanings.at(event.at)) is not None or is_outbound(cause, rulebook, event.at):
        return False
    if cause.follows == evidence.story.ticket.ticket_id:
        return True
    ours, theirs = evidence.meaning("topic", at), evidence.meaning("topic", at, cause)
    return ours is None or theirs is None or ours == theirs


def _repeat_contact_rate(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    opened_at, requester = evidence.opened_at, evidence.story.ticket.requester_id
    end = opened_at + _window(evidence, _REPEAT, opened_at)
    if requester is None:
        yield Left(evidence.opening, "no_requester").out_of(_REPEAT)
    elif evidence.outbound:
        yield Left(evidence.opening, "agent_opened").out_of(_REPEAT)
    elif evidence.story.as_of <= end:
        yield Left(evidence.opening, _WINDOW_OPEN, end).out_of(_REPEAT)
    else:
        yield CreditLine(_REPEAT, evidence.opening, int(_returned(evidence, opened_at, end)), 1, requester)


_WINDOW = Parameter(
    name="window",
    default=_WEEK,
    least=1,
    duration=True,
    why=message(
        "A week is long enough for a customer to notice that the answer did not help, and short enough for a figure to "
        "be of use; no product agrees with another. A figure counts a ticket once its window has ended, so that "
        "yesterday's solves do not flatter it. A ticket that an agent opens for the customer is not the customer's "
        "return, unless it writes a telephone call down (channel phone or voice). What the helpdesk itself says "
        "follows up the closed ticket (Zendesk does) is one whatever its topic."
    ),
)

_FCR = Indicator(
    key=_KEY,
    catalogue="fcr",
    name=message("First contact resolution"),
    formula=message(
        "solved tickets with exactly one reply turn, one assignee at most, no reopening and no other ticket of the "
        "requester about the same topic, or following it up, in the window after the solve, divided by solved tickets "
        "whose window ended"
    ),
    stamp=message("the last solve, once its window has ended"),
    credit=message("the assignee at that solve"),
    unit=Unit.SHARE,
    better=Better.HIGHER,
    reduction=Reduction.RATIO,
    lines=_first_contact_resolution,
    needs=frozenset({Input.TICKETS, Input.HISTORY}),
    interval=Interval.WILSON,
    min_n=10,
    parameters=(
        _WINDOW,
        THANKS,
        Parameter(
            name=AUTOMATIC_SOLVES,
            default=COUNT,
            allowed=(COUNT, EXCLUDE),
            why=message(
                "Where the customer never came back after the one reply, the first contact has most likely solved it, "
                "whoever pressed the button. `exclude` leaves out tickets that an automation solved."
            ),
        ),
    ),
)

INDICATORS = (
    _FCR,
    replace(
        _FCR,
        key=_GROSS,
        catalogue="fcr_gross",
        name=message("First contact resolution (gross)"),
        formula=message(
            "tickets solved at the first contact, as far as their window after the solve has ended, divided by all "
            "tickets, unsolved ones included"
        ),
        stamp=message("the creation, once the window after it has ended"),
        credit=message("the assignee at the last solve, else who has the ticket"),
        lines=_first_contact_resolution_gross,
        parameters=(),
    ),
    replace(
        _FCR,
        key=_REPEAT,
        catalogue="repeat_contact",
        name=message("Repeat contact rate"),
        formula=message(
            "different requesters of whom another ticket about the same topic, or following it up, was opened within "
            "the window, divided by different requesters"
        ),
        stamp=message("the creation of the first ticket, once its window has ended"),
        credit=message("the first agent the first ticket is given to"),
        better=Better.LOWER,
        reduction=Reduction.DISTINCT_RATIO,
        lines=_repeat_contact_rate,
        parameters=(_WINDOW,),
    ),
)
