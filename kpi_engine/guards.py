"""Signs that figures may not mean what they seem to: notes about data, with tickets to look at, never an accusation."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from kpi_engine.contacts import is_call
from kpi_engine.evidence import Evidence
from kpi_engine.holdings import HOLDER_AT_BREACH_PER_CENT
from kpi_engine.indicators.verdicts import BAD, Verdict, verdicts
from kpi_engine.measurement import Guard, Sign
from kpi_engine.rulebook import Status
from kpi_engine.story import Step, StepKind

_SOON: Final = 3600
"""A solve that is undone by the same hand within so many seconds may have been meant for a clock."""

_AFTER_RATING: Final = 7 * 86_400
_WAITING: Final = frozenset({Status.PENDING, Status.HOLD})


def signs(evidence: Evidence) -> tuple[Sign, ...]:
    """Return what a ticket shows of this kind, in order of time."""
    found = [
        *_reassigned_before_breach(evidence),
        *_solved_and_reopened(evidence),
        *_solved_without_reply(evidence),
        *_put_to_wait(evidence),
        *_reassigned_after_bad_rating(evidence),
    ]
    return tuple(sorted(found, key=_when))


def _when(sign: Sign) -> tuple[int, str]:
    return sign.at, sign.guard


def _sign(evidence: Evidence, guard: Guard, at: int, agent: str | None, part: str | None = None) -> Sign:
    stamp = evidence.stamp(agent, at)
    return Sign(guard, at, agent, stamp.team, part)


def _handovers(evidence: Evidence) -> Iterator[tuple[str, Step]]:
    """Yield who gave the ticket to another agent by his own hand, and the step at which he did."""
    for before, step in pairwise(evidence.story.steps):
        giver, taker = before.state.agent, step.state.agent
        if giver is not None and taker is not None and giver != taker and step.actor == giver:
            yield giver, step


def _reassigned_before_breach(evidence: Evidence) -> Iterator[Sign]:
    """Yield the handovers after which somebody else had a clock for less than a tenth of its goal when it breached."""
    for clock in evidence.clocks:
        at = clock.breached_at
        holder = evidence.assignee_at(at) if at is not None else None
        if at is None or dict(clock.shares).get(holder, 0) * 100 >= clock.goal * HOLDER_AT_BREACH_PER_CENT:
            continue
        given = [(giver, step) for giver, step in _handovers(evidence) if clock.started_at <= step.at <= at]
        if given and given[-1][1].state.agent == holder:
            giver, step = given[-1]
            yield _sign(evidence, Guard.REASSIGNED_BEFORE_BREACH, step.at, giver, clock.clock)


def _solved_and_reopened(evidence: Evidence) -> Iterator[Sign]:
    """Yield the solves that the same agent undid soon after, though the customer had not written."""
    for reopen in evidence.course.reopens:
        solve, step = reopen.failed, reopen.step
        own = solve is not None and solve.by_agent and step.by_agent and solve.actor == step.actor is not None
        if own and solve is not None and step.at - solve.at <= _SOON and not _wrote_between(evidence, solve, step):
            yield _sign(evidence, Guard.SOLVED_AND_REOPENED, step.at, step.actor)


def _wrote_between(evidence: Evidence, solve: Step, reopen: Step) -> bool:
    """Tell whether the customer wrote after the solve: not every helpdesk reopens a ticket for that by itself."""
    steps = evidence.story.steps
    return any(each.kind is StepKind.CUSTOMER_MESSAGE and solve.at <= each.at <= reopen.at for each in steps)


def _solved_without_reply(evidence: Evidence) -> Iterator[Sign]:
    """Yield an agent's solve of a customer's ticket that nobody ever answered; a call was answered as it came.

    It is the solver's; where nobody tells whose hand it was, that of who had the ticket.
    """
    solve = evidence.last_solve
    asked = evidence.whole and not evidence.outbound and not is_call(evidence.story.ticket)
    if solve is not None and asked and not evidence.course.replies and (solve.by_agent or solve.nameless):
        agent = evidence.assignee_at(solve.at) if solve.nameless else solve.actor
        yield _sign(evidence, Guard.SOLVED_WITHOUT_REPLY, solve.at, agent)


def _put_to_wait(evidence: Evidence) -> Iterator[Sign]:
    """Yield when an agent had the ticket wait, pending or on hold, while the customer waited for an answer."""
    answered = {reply.at for reply in evidence.course.replies}
    for before, step in pairwise(evidence.story.steps):
        rests = step.state.status in _WAITING and before.state.status not in _WAITING
        if rests and step.by_agent and step.owed_since is not None and step.at not in answered:
            yield _sign(evidence, Guard.PUT_TO_WAIT, step.at, step.actor)


def _reassigned_after_bad_rating(evidence: Evidence) -> Iterator[Sign]:
    """Yield when who had the ticket at a bad rating gave it away within a week."""
    for giver, step in _handovers(evidence):
        bad = (each.at for each in _standing(evidence, step.at) if each.category == BAD)
        if any(step.at - at <= _AFTER_RATING and evidence.assignee_at(at) == giver for at in bad):
            yield _sign(evidence, Guard.REASSIGNED_AFTER_BAD_RATING, step.at, giver)


def _standing(evidence: Evidence, at: int) -> Iterable[Verdict]:
    """Return what each rating said at an instant: a bad one that the customer had made good by then is none."""
    return {each.rating.rating_id: each for each in evidence.once(verdicts) if each.at <= at}.values()
