"""Family A: volume and workload, but for what holdings answer."""

from collections.abc import Iterator
from dataclasses import replace

from kpi_engine.elapsed import total
from kpi_engine.evidence import Evidence, Left, Timing
from kpi_engine.indicators.indicator import Better, Indicator, Input, Parameter, Reduction, Unit
from kpi_engine.indicators.timed import twins
from kpi_engine.measurement import CreditLine, Omission
from kpi_engine.message import message
from kpi_engine.rulebook import UNSOLVED
from kpi_engine.story import Step

AUTOMATIC_SOLVES = "automatic_solves"
COUNT, EXCLUDE = "count", "exclude"
_REOPENS, _IGNORE = "reopens", "ignore"
_COHORT, _PERIOD, _CREATED_ONES = "cohort", "period", "created"


def _created(evidence: Evidence) -> Iterator[CreditLine]:
    yield CreditLine("created", evidence.opening)


def _created_outbound(evidence: Evidence) -> Iterator[CreditLine]:
    if evidence.outbound:
        yield CreditLine("created_outbound", evidence.opening)


def _assigned(evidence: Evidence) -> Iterator[CreditLine]:
    for at, holder in evidence.course.stations:
        yield CreditLine("assigned", evidence.stamp(holder, at), part=evidence.history.ticket_id)


def _solved(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    if solve := evidence.last_solve:
        yield _solve_line(evidence, "solved", solve)
    else:
        yield evidence.unsolved().out_of("solved")


def _solve_events(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    for solve in evidence.course.solves:
        yield _solve_line(evidence, "solve_events", solve)


def _solve_line(evidence: Evidence, key: str, solve: Step) -> CreditLine | Omission:
    stamp = evidence.solver(solve)
    if not solve.automatic:
        return CreditLine(key, stamp)
    if evidence.word("solved", AUTOMATIC_SOLVES, COUNT, at=solve.at) == EXCLUDE:
        return Left(stamp, "automatic_solve").out_of(key)
    return CreditLine(key, stamp, part="automatic")


def _public_replies(evidence: Evidence) -> Iterator[CreditLine]:
    for reply in evidence.course.replies:
        yield CreditLine("public_replies", evidence.stamp(reply.actor, reply.at))


def _reply_turns(evidence: Evidence) -> Iterator[CreditLine]:
    for turn in evidence.course.turns:
        yield CreditLine("reply_turns", evidence.stamp(turn.actor, turn.at))


def _tickets_touched(evidence: Evidence) -> Iterator[CreditLine]:
    for at, agent in evidence.course.actions:
        yield CreditLine("tickets_touched", evidence.stamp(agent, at), part=evidence.history.ticket_id)


def _net_flow(evidence: Evidence) -> Iterator[CreditLine]:
    yield CreditLine("net_flow", evidence.opening)
    for reopen in evidence.course.reopens:
        if _flows_back(evidence, reopen.step.at):
            yield CreditLine("net_flow", evidence.holder(reopen.step.at))
    for solve in evidence.course.solves:
        if solve is evidence.last_solve or _flows_back(evidence, solve.at):
            yield CreditLine("net_flow", evidence.solver(solve), -1)


def _flows_back(evidence: Evidence, at: int) -> bool:
    """Tell whether a reopening is inflow again, and then every solve outflow."""
    return evidence.word("net_flow", _REOPENS, _IGNORE, at=at) == COUNT


def _solve_ratio(evidence: Evidence) -> Iterator[CreditLine]:
    of_created = evidence.word("solve_ratio", _COHORT, _PERIOD, at=evidence.opened_at) == _CREATED_ONES
    done = int(evidence.story.steps[-1].done)
    yield CreditLine("solve_ratio", evidence.opening, done if of_created else 0, 1)
    if not of_created and (solve := evidence.last_solve):
        yield CreditLine("solve_ratio", evidence.solver(solve), 1, 0)


def _unassigned_time(evidence: Evidence) -> Iterator[Timing | Left]:
    solved = evidence.solved
    if isinstance(solved, Left):
        yield solved
        return
    stays = evidence.elapsed.until(solved.at)
    alone = total(stay.spent for stay in stays if stay.state.agent is None and stay.state.status in UNSOLVED)
    yield Timing(evidence.stamp(None, solved.at), alone)


_NEEDS = frozenset({Input.TICKETS, Input.HISTORY})
_LAST_SOLVE = message("the last solve, while it stands")
_SOLVER = message("the assignee at that solve")
_FLOW_STAMP = message("the creation, and the last solve while it stands")
_FLOW_CREDIT = message("the first agent the ticket is given to, and the assignee at the solve")

_CREATED = Indicator(
    key="created",
    catalogue="vol_created",
    name=message("Tickets created"),
    formula=message("number of tickets created"),
    stamp=message("when the ticket is created"),
    credit=message("the first agent it is given to, else nobody in the ticket's group"),
    unit=Unit.TICKETS,
    better=Better.NEUTRAL,
    reduction=Reduction.COUNT,
    lines=_created,
    needs=frozenset({Input.TICKETS}),
    additive=True,
)

_SOLVED = replace(
    _CREATED,
    key="solved",
    catalogue="vol_solved",
    name=message("Tickets solved"),
    formula=message("number of tickets whose last solve lies in the period and still stands"),
    stamp=message("the last solve"),
    credit=_SOLVER,
    better=Better.HIGHER,
    lines=_solved,
    needs=_NEEDS,
    parameters=(
        Parameter(
            name=AUTOMATIC_SOLVES,
            default=COUNT,
            allowed=(COUNT, EXCLUDE),
            why=message(
                "A ticket that an automation solves is solved, as in Zendesk, and its line says that a machine did "
                "it. `exclude` leaves it out, where solves are to measure what people did. It also rules the solves "
                "counted one by one."
            ),
        ),
    ),
)

_REPLIES = replace(
    _CREATED,
    key="public_replies",
    catalogue="vol_replies (messages)",
    name=message("Public replies"),
    formula=message("number of public messages of human agents after the one a ticket was opened with"),
    stamp=message("the message"),
    credit=message("the agent who wrote it"),
    unit=Unit.MESSAGES,
    lines=_public_replies,
    needs=_NEEDS,
)

_UNASSIGNED = Indicator(
    key="unassigned_time",
    catalogue="unassigned_time",
    name=message("Time unassigned"),
    formula=message("business time in which the unsolved ticket had no assignee, up to the last solve"),
    stamp=_LAST_SOLVE,
    credit=message("nobody, in the ticket's group at that solve"),
    unit=Unit.SECONDS,
    better=Better.LOWER,
    reduction=Reduction.MEAN,
    needs=_NEEDS,
)

INDICATORS = (
    _CREATED,
    replace(
        _CREATED,
        key="created_outbound",
        catalogue="vol_created (outbound)",
        name=message("Tickets opened by agents"),
        formula=message("number of the tickets created that an agent opened for a customer, other than for his call"),
        lines=_created_outbound,
        needs=_NEEDS,
    ),
    replace(
        _CREATED,
        key="assigned",
        catalogue="vol_assigned",
        name=message("Tickets assigned"),
        formula=message("number of different tickets given to the agent in the period"),
        stamp=message("each assignment, the one at creation included"),
        credit=message("the agent it is given to"),
        reduction=Reduction.DISTINCT,
        lines=_assigned,
        needs=_NEEDS,
        additive=False,
    ),
    _SOLVED,
    replace(
        _SOLVED,
        key="solve_events",
        catalogue="vol_solved (events)",
        name=message("Solves"),
        formula=message("number of solves, those that were undone later included"),
        stamp=message("each solve"),
        better=Better.NEUTRAL,
        unit=Unit.TIMES,
        lines=_solve_events,
        parameters=(),
    ),
    _REPLIES,
    replace(
        _REPLIES,
        key="reply_turns",
        catalogue="vol_replies (turns)",
        name=message("Reply turns"),
        formula=message("number of reply turns: what agents write before the customer's next message is one turn"),
        stamp=message("the first message of the turn"),
        unit=Unit.TIMES,
        lines=_reply_turns,
    ),
    replace(
        _CREATED,
        key="tickets_touched",
        catalogue="vol_touched",
        name=message("Tickets touched"),
        formula=message("number of different tickets on which the agent did something"),
        stamp=message("each thing done: a message, a note, a change"),
        credit=message("the agent who did it"),
        reduction=Reduction.DISTINCT,
        lines=_tickets_touched,
        needs=_NEEDS,
        additive=False,
    ),
    replace(
        _CREATED,
        key="net_flow",
        catalogue="net_flow",
        name=message("Net flow"),
        formula=message("tickets created minus tickets solved"),
        stamp=_FLOW_STAMP,
        credit=_FLOW_CREDIT,
        better=Better.LOWER,
        reduction=Reduction.SUM,
        lines=_net_flow,
        needs=_NEEDS,
        parameters=(
            Parameter(
                name=_REOPENS,
                default=_IGNORE,
                allowed=(_IGNORE, COUNT),
                why=message(
                    "A ticket comes once and goes once, when its last solve stands. `count` lets every reopening come "
                    "in again and every solve go out, where work that comes back is to show on its day."
                ),
            ),
        ),
    ),
    replace(
        _CREATED,
        key="solve_ratio",
        catalogue="solve_ratio",
        name=message("Solve ratio"),
        formula=message("tickets solved divided by tickets created in the same period, not the same tickets"),
        stamp=_FLOW_STAMP,
        credit=_FLOW_CREDIT,
        unit=Unit.SHARE,
        better=Better.HIGHER,
        reduction=Reduction.RATIO,
        lines=_solve_ratio,
        needs=_NEEDS,
        additive=False,
        parameters=(
            Parameter(
                name=_COHORT,
                default=_PERIOD,
                allowed=(_PERIOD, _CREATED_ONES),
                why=message(
                    "Whether we keep up is told by what was solved beside what came in, which may exceed 100 %; Groove "
                    "says so of its own figure. `created` asks of the tickets created in the period how many "
                    "are solved by now: a real share, which goes on rising until the period is settled, and credits "
                    "the first agent a ticket is given to."
                ),
            ),
        ),
    ),
    *twins(
        _UNASSIGNED,
        _unassigned_time,
        message("Time unassigned (calendar)"),
        message("calendar time in which the unsolved ticket had no assignee, up to the last solve"),
    ),
)
