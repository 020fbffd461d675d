"""Family D: solves that failed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kpi_engine.course import Reopen
from kpi_engine.evidence import Evidence, Left
from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Parameter, Reduction, Unit
from kpi_engine.indicators.volume import AUTOMATIC_SOLVES, COUNT, EXCLUDE
from kpi_engine.measurement import CreditLine, Omission
from kpi_engine.message import message
from kpi_engine.story import Step

_KEY = "reopen_rate"
_THANKS_REOPENS, _IGNORE = "thanks_reopens", "ignore"


def reopens(evidence: Evidence, key: str, at: int) -> Sequence[Reopen]:
    """Return the reopens that count for an indicator, as its parameter THANKS is configured at an instant."""
    course = evidence.course
    if course.reopens and evidence.word(key, _THANKS_REOPENS, COUNT, at=at) == _IGNORE:
        return [reopen for reopen in course.reopens if not course.is_thanks(reopen)]
    return course.reopens


def _reopen_rate(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    solves = evidence.course.solves
    judged = [solve for solve in solves if _is_judged(evidence, solve, solves[-1].at)]
    if not solves:
        yield evidence.unsolved().out_of(_KEY)
    elif not evidence.whole:
        yield evidence.before_history(solves[-1].at).out_of(_KEY)
    elif not judged:
        yield Left(evidence.solver(solves[-1]), "automatic_solve").out_of(_KEY)
    else:
        yield _of_solves(evidence, judged)


def _of_solves(evidence: Evidence, judged: Sequence[Step]) -> CreditLine:
    last = judged[-1]
    found = [reopen for reopen in reopens(evidence, _KEY, last.at) if reopen.failed in judged]
    solver = _whose(evidence, found[-1].failed if found else last)
    return CreditLine(_KEY, evidence.stamp(solver, last.at), int(bool(found)))


def _reopens(evidence: Evidence) -> Iterator[CreditLine]:
    for reopen in evidence.course.reopens:
        at = reopen.step.at
        if reopen in reopens(evidence, _KEY, at) and _is_judged(evidence, reopen.failed, at):
            yield CreditLine("reopens", evidence.stamp(_whose(evidence, reopen.failed), at))


def _is_judged(evidence: Evidence, solve: Step | None, at: int) -> bool:
    """Tell whether a solve (None: one before the history) is one that may fail, as configured at an instant."""
    automatic = solve is not None and solve.automatic
    return not automatic or evidence.word(_KEY, AUTOMATIC_SOLVES, COUNT, at=at) == COUNT


def _whose(evidence: Evidence, solve: Step | None) -> str | None:
    """Return whose solve it was: who had the ticket then, at first where it lies before the history.

    What a machine solved was nobody's decision, whoever has the ticket.
    """
    if solve is None:
        return evidence.assignee_at(evidence.opened_at)
    return None if solve.automatic else evidence.assignee_at(solve.at)


THANKS = Parameter(
    name=_THANKS_REOPENS,
    default=COUNT,
    allowed=(COUNT, _IGNORE),
    why=message(
        "Zendesk, dbt_zendesk and Zoho count every reopening. A customer's thank-you reopens a ticket too: `ignore` "
        "leaves a reopening out that an agent solved again without a reply."
    ),
)

_RATE = Indicator(
    key=_KEY,
    catalogue="reopen_rate",
    name=message("Reopen rate"),
    formula=message("tickets that were solved and reopened at least once divided by tickets that were solved"),
    stamp=message("the last solve, whether it stands or not"),
    credit=message("the assignee at the latest solve that failed, else at the last solve; nobody if a machine solved"),
    unit=Unit.SHARE,
    better=Better.LOWER,
    reduction=Reduction.RATIO,
    lines=_reopen_rate,
    needs=frozenset({Input.TICKETS, Input.HISTORY}),
    interval=Interval.WILSON,
    min_n=10,
    parameters=(
        THANKS,
        Parameter(
            name=AUTOMATIC_SOLVES,
            default=COUNT,
            allowed=(COUNT, EXCLUDE),
            why=message(
                "That an automation closed a ticket too early says something about the rules, not about the agent who "
                "has it: such a ticket counts for the team and the account, and for nobody. Zendesk charges whoever "
                "has the ticket. `exclude` leaves solves by automations and their reopening out altogether."
            ),
        ),
    ),
)

INDICATORS = (
    _RATE,
    replace(
        _RATE,
        key="reopens",
        catalogue="reopens",
        name=message("Reopens"),
        formula=message("number of changes from solved to unsolved"),
        stamp=message("the reopening"),
        credit=message("the assignee at the solve that failed; nobody if a machine solved"),
        unit=Unit.TIMES,
        reduction=Reduction.COUNT,
        lines=_reopens,
        interval=Interval.NONE,
        min_n=1,
        additive=True,
        parameters=(),
    ),
)
