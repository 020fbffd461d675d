"""Family G: what managers and colleagues think of somebody's work, as it stands and made comparable."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from math import fsum
from typing import Final

from kpi_engine.indicators.indicator import Better, Indicator, Input, Reduction, Seen, Unit
from kpi_engine.indicators.reviews import PRECISE
from kpi_engine.indicators.verdicts import scale_name
from kpi_engine.measurement import CreditLine, Omission
from kpi_engine.message import message
from kpi_engine.statistics import standard_scores

_CALIBRATED = "manager_evaluation_calibrated"
_MANAGERS: Final = frozenset({"manager"})
_PEERS: Final = frozenset({"peer"})
_OTHERS: Final = _MANAGERS | _PEERS
_LOWEST = 1.0


def _evaluation(key: str, roles: Collection[str], item: str | None, seen: Seen) -> Iterator[CreditLine | Omission]:
    """Yield a line for each agent and scale that an evaluator scored: the weighted mean of his items."""
    if seen.period() is None:
        return
    for rows in _by_agent_and_scale(seen, roles, item):
        weight = fsum(_weight(row) for row in rows)
        if weight:
            scale = scale_name(_scale(rows[0]))
            yield CreditLine(key, rows[0].stamp(), round(_mean(rows, weight) * PRECISE), PRECISE, scale)
        else:
            yield rows[0].left_out_of(key, "no_weight")


def _calibrated(seen: Seen) -> Iterator[CreditLine | Omission]:
    """Yield for each agent by how many standard deviations his manager put him above those he evaluated then."""
    if seen.period() is None:
        return
    told = [rows for rows in _by_agent(seen) if fsum(map(_weight, rows))]
    scores = standard_scores([_position(rows) for rows in told])
    for place, rows in enumerate(told):
        if scores is None:
            yield rows[0].left_out_of(_CALIBRATED, "nothing_to_compare")
        else:
            yield CreditLine(_CALIBRATED, rows[0].stamp(), round(scores[place] * PRECISE), PRECISE)


def _by_agent(seen: Seen) -> list[list[Seen]]:
    found: dict[str, list[Seen]] = {}
    for row in seen.each():
        if row.text("role") in _MANAGERS and row.observation.agent is not None:
            found.setdefault(row.observation.agent, []).append(row)
    return list(found.values())


def _by_agent_and_scale(seen: Seen, roles: Collection[str], item: str | None) -> list[list[Seen]]:
    found: dict[object, list[Seen]] = {}
    for row in seen.each():
        if row.text("role") in roles and item in (None, row.text("item")):
            found.setdefault((row.observation.agent, _scale(row)), []).append(row)
    return list(found.values())


def _scale(row: Seen) -> tuple[float, float]:
    return row.decimal("scale_min", _LOWEST) or 0.0, row.decimal("scale_max") or 0.0


def _weight(row: Seen) -> float:
    return row.decimal("weight", 1.0) or 0.0


def _mean(rows: list[Seen], weight: float) -> float:
    return fsum(_weight(row) * (row.decimal("score") or 0.0) for row in rows) / weight


def _position(rows: list[Seen]) -> float:
    """Return where on their scales the scores lie, from 0 to 1, by their weights."""
    weight = fsum(map(_weight, rows))
    places = ((row, _scale(row)) for row in rows)
    return (
        fsum(_weight(row) * ((row.decimal("score") or 0.0) - low) / (high - low) for row, (low, high) in places)
        / weight
    )


_STAMP = message("the end of the period that is evaluated; only in periods in which it lies wholly")

_EVALUATION = Indicator(
    key="manager_evaluation",
    catalogue="manager_eval",
    name=message("Manager's evaluation"),
    formula=message(
        "mean of the managers' evaluations, in each of which the items count by their weights; each scale is a series "
        "of its own, the newest is shown"
    ),
    stamp=_STAMP,
    credit=message("the agent who is evaluated"),
    unit=Unit.POINTS,
    better=Better.HIGHER,
    reduction=Reduction.SERIES_MEAN,
    floor=1.0,
    observed=partial(_evaluation, "manager_evaluation", _MANAGERS, None),
    needs=frozenset({Input.EVALUATIONS}),
)

INDICATORS = (
    _EVALUATION,
    replace(
        _EVALUATION,
        key=_CALIBRATED,
        catalogue="manager_eval (calibrated)",
        name=message("Manager's evaluation, calibrated"),
        formula=message(
            "by how many standard deviations a manager put somebody above the mean of all he evaluated for that "
            "period; a strict and a mild manager become comparable. It says nothing where he evaluated one person only "
            "or all alike"
        ),
        unit=Unit.DEVIATIONS,
        reduction=Reduction.SCORE,
        floor=-3.0,
        observed=_calibrated,
    ),
    replace(
        _EVALUATION,
        key="peer_evaluation",
        catalogue="peer_eval",
        name=message("Colleagues' evaluation"),
        formula=message("mean of the colleagues' evaluations, in each of which the items count by their weights"),
        observed=partial(_evaluation, "peer_evaluation", _PEERS, None),
    ),
    replace(
        _EVALUATION,
        key="self_evaluation",
        catalogue="self_eval",
        name=message("Evaluation by oneself"),
        formula=message("mean of what people say of themselves, to be talked about: it enters no other figure"),
        better=Better.NEUTRAL,
        observed=partial(_evaluation, "self_evaluation", frozenset({"self"}), None),
    ),
    replace(
        _EVALUATION,
        key="teamwork",
        catalogue="teamwork",
        name=message("Teamwork"),
        formula=message("mean of what managers and colleagues say on the item of this name, never oneself"),
        observed=partial(_evaluation, "teamwork", _OTHERS, "teamwork"),
    ),
    replace(
        _EVALUATION,
        key="adaptability",
        catalogue="adaptability",
        name=message("Adaptability"),
        formula=message("mean of what managers and colleagues say on the item of this name, never oneself"),
        observed=partial(_evaluation, "adaptability", _OTHERS, "adaptability"),
    ),
)
