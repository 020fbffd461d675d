"""Family F: surveys that were sent, and how many of them were answered."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kpi_engine.evidence import Evidence, Left
from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Reduction, Unit
from kpi_engine.indicators.verdicts import is_told, states_of, verdicts
from kpi_engine.measurement import CreditLine, Omission
from kpi_engine.message import message
from kpi_engine.records import EventKind, Rating


def offers(evidence: Evidence) -> list[int]:
    """Return when surveys were sent: what the history tells; else what the ratings tell of themselves."""
    as_of = evidence.story.as_of
    sent = {event.at for event in evidence.history.events if event.kind is EventKind.SURVEY_OFFERED}
    told = {at for at in sent if at <= as_of}
    if not told:
        found = map(_offered_at, evidence.once(states_of).values())
        told = {at for at in found if at is not None and at <= as_of}
    return sorted(told)


def _offered_at(states: Sequence[Rating]) -> int | None:
    known = next((state.offered_at for state in states if state.offered_at is not None), None)
    # A rating that begins without a verdict begins with the question.
    return states[0].at if known is None and not is_told(states[0]) else known


def _survey_response_rate(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    sent, given = evidence.once(offers), [verdict.at for verdict in evidence.once(verdicts)]
    answered = {bisect_right(sent, at) - 1 for at in given}  # each belongs to the last survey sent before it
    for position, at in enumerate(sent):
        yield CreditLine("survey_response_rate", evidence.holder(at), int(position in answered))
    if given and -1 in answered:
        yield Left(evidence.holder(given[0]), "survey_unknown").out_of("survey_response_rate")


def _survey_coverage(evidence: Evidence) -> Iterator[CreditLine]:
    if solve := evidence.last_solve:
        asked = bool(evidence.once(offers) or evidence.once(verdicts))
        yield CreditLine("survey_coverage", evidence.solver(solve), int(asked))


_RESPONSE_RATE = Indicator(
    key="survey_response_rate",
    catalogue="resp_rate",
    name=message("Survey response rate"),
    formula=message("surveys answered divided by surveys sent"),
    stamp=message("when the survey was sent"),
    credit=message("the assignee when the survey was sent"),
    unit=Unit.SHARE,
    better=Better.HIGHER,
    reduction=Reduction.RATIO,
    interval=Interval.WILSON,
    min_n=10,
    lines=_survey_response_rate,
    needs=frozenset({Input.TICKETS, Input.RATINGS}),
)

INDICATORS = (
    _RESPONSE_RATE,
    replace(
        _RESPONSE_RATE,
        key="survey_coverage",
        catalogue="coverage",
        name=message("Survey coverage"),
        formula=message("solved tickets whose customer was sent a survey divided by solved tickets"),
        stamp=message("the last solve, while it stands"),
        credit=message("the assignee at that solve"),
        lines=_survey_coverage,
        needs=frozenset({Input.TICKETS, Input.HISTORY, Input.RATINGS}),
    ),
)
