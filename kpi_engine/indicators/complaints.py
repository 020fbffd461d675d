"""Family F: complaints, how many, about what, and who answers for them."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from kpi_engine import telling
from kpi_engine.evidence import Evidence, Left, said
from kpi_engine.exclusions import exclusion
from kpi_engine.history import REQUESTER_RETURNED, DerivedEvent, History
from kpi_engine.indicators.indicator import Asked, Better, Indicator, Input, Interval, Portion, Reduction, Unit
from kpi_engine.measurement import CreditLine, Holding, Omission, Stamp
from kpi_engine.message import message
from kpi_engine.records import TicketSnapshot


def _complaints(evidence: Evidence) -> Iterator[CreditLine]:
    ticket = evidence.story.ticket
    if _complains(evidence, ticket):
        stamp = evidence.stamp(_named(evidence, ticket), evidence.opened_at)
        yield CreditLine("complaints", stamp, part=_matter(evidence, ticket))


def _complaints_by(key: str, meaning: str, evidence: Evidence) -> Iterator[CreditLine]:
    ticket = evidence.story.ticket
    if _complains(evidence, ticket):
        told = evidence.meaning(meaning, ticket.created_at)
        stamp = evidence.stamp(_named(evidence, ticket), evidence.opened_at)
        yield CreditLine(key, stamp, part=None if told is None else str(told))


def _complaints_attributed(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    key, ticket = "complaints_attributed", evidence.story.ticket
    for complaint, stamp in evidence.once(_attributed):
        yield CreditLine(key, stamp, part=_matter(evidence, complaint))
    if _complains(evidence, ticket) and _named(evidence, ticket) is None:
        reason = "other_cause" if _caused_elsewhere(evidence, ticket) else "no_agent_named"
        yield Left(evidence.stamp(None, evidence.opened_at), reason).out_of(key)


def _complaint_rate(evidence: Evidence) -> Iterator[CreditLine]:
    for complaint, stamp in evidence.once(_attributed):
        if complaint.requester_id is not None:
            yield CreditLine("complaint_rate", stamp, part=complaint.requester_id)


def _customers_held(holding: Holding, asked: Asked) -> Iterator[Portion]:
    if holding.requester is not None:
        yield Portion(max(holding.start, asked.start), numerator=0, part=holding.requester)


def _attributed(evidence: Evidence) -> list[tuple[TicketSnapshot, Stamp]]:
    """Return the complaints an agent answers for, with who: this ticket, and the one that followed on it."""
    ticket, found = evidence.story.ticket, []
    agent = _named(evidence, ticket) if _complains(evidence, ticket) else None
    if agent is not None:
        found.append((ticket, evidence.stamp(agent, ticket.created_at)))
    followed = _followed_by(evidence)
    if followed is not None and _complains(evidence, followed):
        solver = _solver_before(evidence, followed.created_at)
        settled = _named(evidence, followed) is not None or _caused_elsewhere(evidence, followed)
        if solver is not None and not settled:
            found.append((followed, _stamp_of(evidence, followed, solver)))
    return found


def _stamp_of(evidence: Evidence, complaint: TicketSnapshot, solver: str) -> Stamp:
    """Return the stamp of a complaint that is another ticket than the one that answers for it.

    Who answers is told by the ticket before; how grave it is, and of which kind, by the complaint itself.
    """
    history, story = evidence.history, evidence.story
    alone = History(account=history.account, ticket_id=complaint.ticket_id, snapshots=(complaint,))
    state = telling.told(alone, evidence.rulebook, story.as_of).steps[0].state
    return evidence.stamp(solver, complaint.created_at)._replace(
        ticket_id=complaint.ticket_id,
        channel=complaint.channel,
        priority=state.priority,
        segment=state.segment,
        severity=state.severity,
    )


def _followed_by(evidence: Evidence) -> TicketSnapshot | None:
    """Return the requester's next ticket: a complaint is linked to the last one before it and to no other."""
    returns = [event for event in evidence.history.derived if _counts(event, evidence)]
    first = min(returns, key=lambda event: (event.at, event.cause_ticket_id), default=None)
    return first.cause if first is not None else None


def _counts(event: DerivedEvent, evidence: Evidence) -> bool:
    if event.kind != REQUESTER_RETURNED or event.at > evidence.story.as_of:
        return False
    return exclusion(event.cause, evidence.rulebook.meanings.at(event.at)) is None


def _solver_before(evidence: Evidence, at: int) -> str | None:
    """Return who solved the ticket last before `at`; where that was before we looked, who had it then."""
    opening, solves = evidence.story.steps[0], evidence.story.solves
    earlier = [solve.at for solve in ((opening, *solves) if opening.done else solves) if solve.at <= at]
    return evidence.assignee_at(earlier[-1]) if earlier else None


def _complains(evidence: Evidence, ticket: TicketSnapshot) -> bool:
    return said(evidence.meaning("complaint", ticket.created_at, ticket))


def _named(evidence: Evidence, complaint: TicketSnapshot) -> str | None:
    """Return the agent whom the ticket's field names, by id, e-mail or name; None where nobody or several fit."""
    at = complaint.created_at
    value = evidence.meaning("responsible_agent", at, complaint)
    agents = evidence.rulebook.agents
    if value is None or str(value) in agents:
        return None if value is None else str(value)
    wanted = str(value).casefold()
    people = ((key, line.at(at)) for key, line in agents.items())
    found = [key for key, person in people if wanted in (person.name.casefold(), (person.email or "").casefold())]
    return found[0] if len(found) == 1 else None


def _caused_elsewhere(evidence: Evidence, complaint: TicketSnapshot) -> bool:
    """Tell whether the complaint's cause is known to be no agent: the product, a policy, a carrier, the customer."""
    cause = evidence.meaning("complaint_cause", complaint.created_at, complaint)
    return cause is not None and str(cause).casefold() != "agent"


def _matter(evidence: Evidence, complaint: TicketSnapshot) -> str | None:
    """Return what a complaint is about: its cause, else its topic."""
    at = complaint.created_at
    found = (evidence.meaning(name, at, complaint) for name in ("complaint_cause", "topic"))
    return next((str(value) for value in found if value is not None), None)


_COMPLAINED = frozenset({Input.TICKETS, Input.HISTORY, Input.COMPLAINT})

_COMPLAINTS = Indicator(
    key="complaints",
    catalogue="complaints",
    name=message("Complaints"),
    formula=message("number of tickets marked as complaints"),
    stamp=message("when the complaint is created"),
    credit=message("the responsible agent whom the ticket names, else nobody: never who handles the complaint"),
    unit=Unit.TICKETS,
    better=Better.LOWER,
    reduction=Reduction.COUNT,
    lines=_complaints,
    needs=_COMPLAINED,
    additive=True,
)

_RESPONSIBLE = message(
    "the responsible agent whom the ticket names; else, unless its cause lies elsewhere, who solved the requester's "
    "ticket before it"
)

_BY_CAUSE = replace(
    _COMPLAINTS,
    key="complaints_by_cause",
    catalogue="complaints (by cause)",
    name=message("Complaints by cause"),
    formula=message("number of tickets marked as complaints, and how many of each cause"),
    reduction=Reduction.BREAKDOWN,
    lines=partial(_complaints_by, "complaints_by_cause", "complaint_cause"),
    needs=_COMPLAINED | {Input.COMPLAINT_CAUSE},
)

INDICATORS = (
    _COMPLAINTS,
    _BY_CAUSE,
    replace(
        _BY_CAUSE,
        key="complaints_by_topic",
        catalogue="complaints (by topic)",
        name=message("Complaints by topic"),
        formula=message("number of tickets marked as complaints, and how many of each topic"),
        lines=partial(_complaints_by, "complaints_by_topic", "topic"),
        needs=_COMPLAINED | {Input.TOPIC},
    ),
    replace(
        _COMPLAINTS,
        key="complaints_attributed",
        catalogue="complaints (attributed)",
        name=message("Complaints attributed"),
        formula=message("number of tickets marked as complaints that an agent answers for"),
        credit=_RESPONSIBLE,
        lines=_complaints_attributed,
    ),
    replace(
        _COMPLAINTS,
        key="complaint_rate",
        catalogue="complaint_rate",
        name=message("Complaint rate"),
        formula=message(
            "different customers with a complaint the agent answers for divided by the different customers whose "
            "tickets he held or who complained"
        ),
        stamp=message("when the complaint is created; customers held at any time of the period"),
        credit=_RESPONSIBLE,
        unit=Unit.SHARE,
        reduction=Reduction.DISTINCT_RATIO,
        interval=Interval.WILSON,
        min_n=10,
        lines=_complaint_rate,
        over_period=_customers_held,
        additive=False,
    ),
)
