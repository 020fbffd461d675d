"""What a missed deadline costs and what is rewarded: as agreed, announced, and fair, or refused."""

import re
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from config.currency import Currency
from config.goals import PRIORITIES
from config.problems import one_of
from config.shares import share
from connectors.settings import Day, Duration, Identifier, Line, Section, Slug, UnfitError, each_once
from kpi_engine.message import message

Span: TypeAlias = Literal["week", "month", "quarter"]
_MOST_POINTS = 1_000_000
_LEAST_ANSWERS = 10

Share = Annotated[
    int | float | str,
    AfterValidator(share),
    WithJsonSchema({"type": ["number", "string"], "examples": ["5 %", 0.05]}),
]
"""A share, as 0.05 or "5 %"; afterwards a number between 0 and 1."""


def _decimal(value: float | str) -> float | str:
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", str(value)) is None or Decimal(str(value)) == 0:
        raise UnfitError(message("this is no amount of money"), message("for example {examples}", examples="50000"))
    return value


class WorthSettings(Section):
    """What one point, or one reward, is worth in money."""

    amount: Annotated[
        int | float | str,
        AfterValidator(_decimal),
        WithJsonSchema({"type": ["number", "string"], "examples": [50000, 2.5]}),
    ]
    currency: Currency

    def document(self) -> list[str]:
        """Return it as an edition keeps it."""
        return [str(self.amount), self.currency]


class BandSettings(Section):
    """What each missed deadline costs from some number beyond the quota on."""

    over: int = Field(ge=0, le=_MOST_POINTS, description="For those more than so many beyond the quota.")
    points: int = Field(ge=0, le=_MOST_POINTS, description="Points for each of them.")


def _spelt(words: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what looks like one of the priorities and is none; an account may have others of its own."""
    for place, word in enumerate(words):
        if word not in PRIORITIES and get_close_matches(word.casefold(), PRIORITIES, n=1):
            raise UnfitError(message("this word is not known here"), one_of(PRIORITIES, word.casefold()), (place,))
    return words


def _rising(bands: tuple[BandSettings, ...]) -> tuple[BandSettings, ...]:
    for position, band in enumerate(bands[1:], start=1):
        lower = bands[position - 1]
        if band.over <= lower.over or band.points < lower.points:
            raise UnfitError(
                message("this band does not follow the one before it"),
                message("each from more on than the last, and costing no less"),
                below=(position,),
            )
    return bands


class PenaltySettings(Section):
    """What missed deadlines cost an agent or a team in a period."""

    id: Slug = Field(description="The penalty's name; changing it makes another one.")
    metric: Literal["overdue_count", "severe_overdue_count", "complaints"] = Field(
        "overdue_count",
        description="What is counted: overdue requests, those of the gravest severity alone, or customers with a "
        "complaint that the agent answers for, judged by all customers whose tickets he held.",
    )
    scope: Literal["agent", "team"] = Field("agent", description="Who is charged.")
    period: Span = Field("month", description="Over which time it is counted.")
    clocks: Annotated[tuple[Line, ...], AfterValidator(each_once)] = Field(
        (), description="Only these clocks; left out: all."
    )
    priorities: Annotated[tuple[Identifier, ...], AfterValidator(each_once), AfterValidator(_spelt)] = Field(
        (), description="Only tickets of these priorities."
    )
    channels: Annotated[tuple[Identifier, ...], AfterValidator(each_once)] = Field(
        (), description="Only tickets that came by these channels."
    )
    quota: int = Field(0, ge=0, le=_MOST_POINTS, description="So many a period cost nothing.")
    quota_rate: Share | None = Field(
        None, description="Nor does this share of all judged clocks; the larger of both quotas holds."
    )
    min_volume: int = Field(30, ge=1, description="With fewer judged clocks in the period nobody is charged.")
    bands: Annotated[tuple[BandSettings, ...], AfterValidator(_rising)] = Field(
        min_length=1, description="What each one beyond the quota costs."
    )
    cap: int | None = Field(None, ge=0, le=_MOST_POINTS, description="The most points in one period.")
    grace: Duration = Field(
        0,
        description="So much over the goal, in the clock's own time, costs nothing.",
        json_schema_extra={"default": "0m"},
    )
    unsure: bool = Field(
        default=False, description="Charge also what is known only approximately (an assumed calendar, a span)."
    )
    announced_on: Day | None = Field(
        None, description="When it was announced; it judges periods that begin on that day or later, without it none."
    )
    acknowledged: bool = Field(
        default=False,
        description="Judge only who acknowledged its announcement (`announce`) before the period began.",
    )
    worth: WorthSettings | None = Field(None, description="What a point is worth in money; left out: points alone.")

    @model_validator(mode="after")
    def _acknowledged_by_agents(self) -> "PenaltySettings":
        if self.acknowledged and self.scope != "agent":
            raise UnfitError(message("only agents can acknowledge something"), below=("acknowledged",))
        return self

    @model_validator(mode="after")
    def _of_complaints_no_clocks(self) -> "PenaltySettings":
        for name, given in (("clocks", self.clocks), ("grace", self.grace)):
            if self.metric == "complaints" and given:
                raise UnfitError(message("a complaint is no clock"), below=(name,))
        return self

    def covers(self, other: "PenaltySettings") -> bool:
        """Tell whether all that another one could charge is charged here already."""
        complaints = {self.metric, other.metric} & {"complaints"}
        alike = self.metric == other.metric if complaints else self.metric in ("overdue_count", other.metric)
        kinds = ("clocks", "priorities", "channels")
        sets = ((frozenset(getattr(self, kind)), frozenset(getattr(other, kind))) for kind in kinds)
        return alike and self.scope == other.scope and all(not mine or (its and its <= mine) for mine, its in sets)

    def document(self) -> dict[str, Any]:
        """Return the penalty as an edition keeps it."""
        return {
            **({} if self.metric == "overdue_count" else {"metric": self.metric}),  # those kept before know no other
            "penalty": self.id,
            "scope": self.scope,
            "by": self.period,
            "bands": [{"over": band.over, "points": band.points} for band in self.bands],
            "quota": self.quota,
            "quota_rate": self.quota_rate,
            "min_volume": self.min_volume,
            "cap": self.cap,
            "grace": self.grace,
            "clocks": sorted(self.clocks),
            "priorities": sorted(self.priorities),
            "channels": sorted(self.channels),
            "unsure": self.unsure,
            "announced_on": self.announced_on.isoformat() if self.announced_on else None,
            "acknowledged": self.acknowledged,
            "worth": self.worth.document() if self.worth else None,
        }


class RewardSettings(Section):
    """Who is rewarded in a period: the most of something, among those of whom enough is known."""

    id: Slug = Field(description="The reward's name; changing it makes another one.")
    metric: Literal["positive_feedback", "warranty_positive"] = Field(
        "positive_feedback", description="Whose number decides the order."
    )
    period: Span = Field("month", description="Over which time it is counted.")
    within: Literal["team", "account"] = Field(
        "team", description="Among whom the most are looked for: each team, or everybody on all helpdesks."
    )
    top: int = Field(1, ge=1, le=100, description="How many are rewarded; who has as many as the last one, too.")
    min_n: int = Field(30, ge=_LEAST_ANSWERS, description="With fewer ratings nobody is rewarded.")
    at_least: Share = Field(
        0,
        description="The lower end of the interval of the share of good ratings must reach this.",
        json_schema_extra={"default": 0},
    )
    min_response: Share | None = Field(
        None, description="The share of surveys answered must reach this, where it is known: no picking who is asked."
    )
    penalty_points_below: int | None = Field(
        None, ge=1, le=_MOST_POINTS, description="Only who has fewer penalty points in the period."
    )
    announced_on: Day | None = Field(
        None, description="When it was announced; it rewards periods that begin on that day or later, without it none."
    )
    worth: WorthSettings | None = Field(None, description="What the reward is worth in money.")

    def document(self) -> dict[str, Any]:
        """Return the reward as an edition keeps it."""
        return {
            "reward": self.id,
            "indicator": self.metric,
            "by": self.period,
            "within": self.within,
            "top": self.top,
            "min_n": self.min_n,
            "at_least": self.at_least,
            "min_response": self.min_response,
            "penalty_points_below": self.penalty_points_below,
            "announced_on": self.announced_on.isoformat() if self.announced_on else None,
            "worth": self.worth.document() if self.worth else None,
        }


def names_once(listed: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return penalties or rewards unless two have one name."""
    seen: set[str] = set()
    for position, each in enumerate(listed):
        if each.id in seen:
            raise UnfitError(message("another one has this name"), below=(position, "id"))
        seen.add(each.id)
    return listed


def none_in_vain(listed: tuple[PenaltySettings, ...]) -> tuple[PenaltySettings, ...]:
    """Return penalties unless one could never charge anything, for an earlier one speaks of all it does."""
    for position, each in enumerate(listed):
        for earlier in listed[:position]:
            if earlier.covers(each):
                raise UnfitError(
                    message("this penalty can never charge anything: {name} does before it", name=earlier.id),
                    message("one breach is charged once, by the first that speaks of it: the special ones first"),
                    below=(position,),
                )
    return listed


def consequences(penalties: tuple[PenaltySettings, ...], rewards: tuple[RewardSettings, ...]) -> dict[str, Any]:
    """Return what missed deadlines cost and what is rewarded, as an edition keeps it."""
    return {
        "penalties": [each.document() for each in penalties],
        "rewards": [each.document() for each in rewards],
    }
