"""Family I: what is asked of agents beside answering: proposals, contacts of their own accord, complete records."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from kpi_engine.evidence import Evidence
from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Parameter, Reduction, Seen, Unit
from kpi_engine.measurement import CreditLine
from kpi_engine.message import message

_COMPLETE = "record_completeness"
_WANTED: Final = ("topic", "severity", "segment", "root_cause")
_ACCEPTED: Final = frozenset({"accepted", "done"})


def _proposed(seen: Seen) -> Iterator[CreditLine]:
    yield CreditLine("improvement_proposals", seen.stamp())


def _accepted(seen: Seen) -> Iterator[CreditLine]:
    state = seen.text("state")
    if state in _ACCEPTED or state == "declined":
        yield CreditLine("proposals_accepted", seen.stamp(), int(state in _ACCEPTED))


def _contacted(seen: Seen) -> Iterator[CreditLine]:
    yield CreditLine("outbound_contacts", seen.stamp())


def _reached(seen: Seen) -> Iterator[CreditLine]:
    reached = seen.truth("reached")
    if reached is not None:
        yield CreditLine("outbound_reached", seen.stamp(), int(reached))


def _contributed(seen: Seen) -> Iterator[CreditLine]:
    yield CreditLine("knowledge_contributions", seen.stamp(), part=seen.text("action"))


def _trained(seen: Seen) -> Iterator[CreditLine]:
    """Yield a course, unless it ended with a test that was not passed."""
    if seen.truth("passed") is not False:
        yield CreditLine("trainings_completed", seen.stamp())


def _complete(evidence: Evidence) -> Iterator[CreditLine]:
    """Yield for a solved ticket whether every field that is wanted and mapped has a value."""
    solve = evidence.last_solve
    if solve is None:
        return
    meanings = evidence.rulebook.meanings.at(solve.at).fields
    mapped = [name for name in _WANTED if name in meanings and meanings[name].field is not None]
    wanted = [name for name in mapped if evidence.word(_COMPLETE, name, "needed", at=solve.at) == "needed"]
    if wanted:
        filled = all(evidence.meaning(name, solve.at) not in (None, "") for name in wanted)
        yield CreditLine(_COMPLETE, evidence.solver(solve), int(filled))


def _root_causes(evidence: Evidence) -> Iterator[CreditLine]:
    solve = evidence.last_solve
    cause = evidence.meaning("root_cause", solve.at) if solve is not None else None
    if solve is not None and cause not in (None, ""):
        yield CreditLine("root_causes", evidence.solver(solve), part=str(cause))


_PROPOSALS = Indicator(
    key="improvement_proposals",
    catalogue="proposals",
    name=message("Proposals for improvement"),
    formula=message("number of proposals made"),
    stamp=message("when it was proposed"),
    credit=message("the agent who proposed it"),
    unit=Unit.PROPOSALS,
    better=Better.HIGHER,
    reduction=Reduction.COUNT,
    observed=_proposed,
    needs=frozenset({Input.PROPOSALS}),
    additive=True,
)

_SHARE = replace(
    _PROPOSALS,
    key="proposals_accepted",
    catalogue="proposals (accepted)",
    name=message("Proposals accepted"),
    formula=message("proposals accepted or done divided by those that were decided"),
    unit=Unit.SHARE,
    reduction=Reduction.RATIO,
    interval=Interval.WILSON,
    min_n=10,
    observed=_accepted,
    additive=False,
)

INDICATORS = (
    _PROPOSALS,
    _SHARE,
    replace(
        _PROPOSALS,
        key="outbound_contacts",
        catalogue="outbound contacts",
        name=message("Contacts of one's own accord"),
        formula=message("number of times an agent contacted a customer who had not come to us"),
        stamp=message("the contact"),
        credit=message("the agent who made it"),
        unit=Unit.TIMES,
        observed=_contacted,
        needs=frozenset({Input.OUTBOUND_CONTACTS}),
    ),
    replace(
        _SHARE,
        key="outbound_reached",
        catalogue="outbound contacts (reached)",
        name=message("Customers reached"),
        formula=message(
            "contacts of one's own accord that reached the customer divided by those of which that is told"
        ),
        stamp=message("the contact"),
        credit=message("the agent who made it"),
        observed=_reached,
        needs=frozenset({Input.OUTBOUND_CONTACTS}),
    ),
    replace(
        _PROPOSALS,
        key="knowledge_contributions",
        catalogue="kb_contrib",
        name=message("Contributions to the knowledge base"),
        formula=message("number of articles written, brought up to date or reviewed, and how many of each"),
        stamp=message("the contribution"),
        credit=message("the agent who made it"),
        unit=Unit.TIMES,
        reduction=Reduction.BREAKDOWN,
        observed=_contributed,
        needs=frozenset({Input.KNOWLEDGE_CONTRIBUTIONS}),
    ),
    replace(
        _PROPOSALS,
        key="trainings_completed",
        catalogue="training",
        name=message("Training completed"),
        formula=message("number of courses completed; one that ended with a test counts where it was passed"),
        stamp=message("when it was completed"),
        credit=message("the agent who took it"),
        unit=Unit.TIMES,
        observed=_trained,
        needs=frozenset({Input.TRAINING}),
    ),
    replace(
        _SHARE,
        key=_COMPLETE,
        catalogue="record completeness",
        name=message("Record completeness"),
        formula=message(
            "solved tickets in which each of the needed fields has a value divided by solved tickets: topic, severity, "
            "segment and root cause, those of them that the configuration maps to a field"
        ),
        stamp=message("the last solve, while it stands"),
        credit=message("the assignee at that solve"),
        observed=None,
        lines=_complete,
        needs=frozenset({Input.TICKETS, Input.HISTORY}),
        parameters=tuple(
            Parameter(
                name=name,
                default="needed",
                allowed=("needed", "free"),
                why=message("A field that is mapped is there to be filled in; `free` asks nothing of it."),
            )
            for name in _WANTED
        ),
    ),
    replace(
        _PROPOSALS,
        key="root_causes",
        catalogue="root_cause",
        name=message("Root causes"),
        formula=message("number of solved tickets with a root cause, and how many of each; the trend tells which rise"),
        stamp=message("the last solve, while it stands"),
        credit=message("the assignee at that solve"),
        unit=Unit.TICKETS,
        better=Better.NEUTRAL,
        reduction=Reduction.BREAKDOWN,
        observed=None,
        lines=_root_causes,
        needs=frozenset({Input.TICKETS, Input.HISTORY, Input.ROOT_CAUSE}),
    ),
)
