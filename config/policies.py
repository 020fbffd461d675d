"""The document that says which tickets have which clocks, their goals, warnings and escalation steps."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from config.clocks import Clock
from config.conditions import When, covers
from config.escalations import Escalation, On, circle, handings
from config.goals import plain_goals
from config.penalties import PenaltySettings, RewardSettings, names_once, none_in_vain
from config.problems import one_of
from config.severities import SeveritySettings
from connectors.settings import Line, Section, UnfitError, each_once
from kpi_engine.durations import seconds_of, working_days_of
from kpi_engine.message import message


class FirstOf(Section):
    """Where to look for a calendar, one place after another."""

    first_of: Annotated[tuple[Line, ...], Field(min_length=1), AfterValidator(each_once)] = Field(
        description="ticket (its own schedule), organization, group, brand (as `calendars` says), or a calendar's key."
    )


def _clocks_once(clocks: tuple[Clock, ...]) -> tuple[Clock, ...]:
    seen: set[str] = set()
    for position, clock in enumerate(clocks):
        if clock.id in seen:
            raise UnfitError(message("the policy already has this clock"), below=(position, "id"))
        seen.add(clock.id)
    return clocks


class Policy(Section):
    """A named set of clocks, and the tickets they are for."""

    id: Line = Field(description="The policy's name in reports and explanations.")
    when: When = Field(When(), description="Which tickets it is for; default: all.")
    calendar: Line | FirstOf = Field(
        "ticket",
        description="Whose opening hours count: the ticket's own (its schedule, else by organization, group, brand or "
        "default), the key of a calendar of the configuration or of the helpdesk's schedule, or `first_of` these.",
    )
    clocks: Annotated[tuple[Clock, ...], AfterValidator(_clocks_once)] = Field(min_length=1)

    @model_validator(mode="after")
    def _answers_before_it_solves(self) -> "Policy":
        """Refuse a first reply that is promised later than the solution, as helpdesks do."""
        clocks = {clock.id: clock for clock in self.clocks}
        if not {"first_reply", "resolution"} <= set(clocks):
            return self
        reply, solution = (dict(plain_goals(clocks[name])) for name in ("first_reply", "resolution"))
        if clocks["first_reply"].time == clocks["resolution"].time:
            for path, goal in reply.items():
                if path in solution and _is_longer(goal, solution[path]):
                    place = [clock.id for clock in self.clocks].index("first_reply")
                    raise UnfitError(
                        message("the first reply is promised later than the solution"),
                        message("at most {goal}", goal=solution[path]),
                        ("clocks", place, *path),
                    )
        return self


def _is_longer(goal: str, other: str) -> bool:
    days, more = working_days_of(goal), working_days_of(other)
    if days is None and more is None:
        return seconds_of(goal) > seconds_of(other)
    return days is not None and more is not None and days > more


def _only_reachable(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    """Refuse a name given twice, and a policy behind one that is for all its tickets."""
    for position, policy in enumerate(policies):
        for earlier in policies[:position]:
            if earlier.id == policy.id:
                raise UnfitError(message("another policy has this name"), below=(position, "id"))
            if covers(earlier.when, policy.when):
                raise UnfitError(
                    message("this policy can never apply: {policy} is for all its tickets", policy=earlier.id),
                    message("the first policy that fits a ticket gives it its clocks: the special ones first"),
                    below=(position,),
                )
    return policies


class PolicyDocument(Section):
    """Clocks and escalations: a starter pack's, a file's or written in the configuration."""

    version: Literal[1] = 1
    severity: SeveritySettings | None = Field(None, description="How grave a ticket is, worked out.")
    policies: Annotated[tuple[Policy, ...], AfterValidator(_only_reachable)] = Field(
        (), description="The first that fits a ticket gives it its clocks."
    )
    escalations: tuple[Escalation, ...] = Field((), description="What follows a breach, by clock.")
    penalties: Annotated[tuple[PenaltySettings, ...], AfterValidator(names_once), AfterValidator(none_in_vain)] = Field(
        (), description="What missed deadlines cost; of one the first that speaks of it."
    )
    rewards: Annotated[tuple[RewardSettings, ...], AfterValidator(names_once)] = Field(
        (), description="Who is rewarded; visible to leads only."
    )

    @model_validator(mode="after")
    def _clocks_exist(self) -> "PolicyDocument":
        clocks = {policy.id: [clock.id for clock in policy.clocks] for policy in self.policies}
        seen: set[tuple[str | None, str]] = set()
        for position, escalation in enumerate(self.escalations):
            _refuse_strangers(escalation.on, clocks, ("escalations", position, "on"))
            spot = (escalation.on.policy, escalation.on.clock)
            if spot in seen:
                raise UnfitError(
                    message("this clock already has its escalation"), below=("escalations", position, "on", "clock")
                )
            seen.add(spot)
        return self

    @model_validator(mode="after")
    def _penalized_clocks_exist(self) -> "PolicyDocument":
        known = {clock.id: None for policy in self.policies for clock in policy.clocks}
        for position, penalty in enumerate(self.penalties):
            for place, clock in enumerate(penalty.clocks):
                if clock not in known:
                    below = ("penalties", position, "clocks", place)
                    raise UnfitError(
                        message("no policy has this clock"), one_of(known, clock) if known else None, below
                    )
        return self

    @model_validator(mode="after")
    def _never_in_a_circle(self) -> "PolicyDocument":
        found = circle(handings(self.escalations, self._groups()))
        if found is not None:
            origin, group, path = found
            raise UnfitError(
                message(
                    "tickets would go round in a circle: {group} hands them back to {origin}",
                    group=group,
                    origin=origin,
                ),
                message("hand them on to a group that hands none back"),
                path,
            )
        return self

    def _groups(self) -> dict[str | None, tuple[str, ...]]:
        """Return the groups that policies are for, by policy; under None those of all of them."""
        named: dict[str | None, tuple[str, ...]] = {each.id: _groups_of(each.when) for each in self.policies}
        return named | {None: tuple(group for groups in named.values() for group in groups)}


def _groups_of(when: When) -> tuple[str, ...]:
    return tuple(group for clause in (*when.all, *(when.any or ())) for group in clause.group or ())


def _refuse_strangers(on: On, clocks: dict[str, list[str]], path: tuple[str | int, ...]) -> None:
    if on.policy is not None and on.policy not in clocks:
        raise UnfitError(message("there is no such policy"), one_of(clocks, on.policy), (*path, "policy"))
    known = [clock for policy, listed in clocks.items() if on.policy in (None, policy) for clock in listed]
    if on.clock not in known:
        allowed = one_of(dict.fromkeys(known), on.clock) if known else None
        raise UnfitError(message("no policy has this clock"), allowed, (*path, "clock"))


NO_POLICIES = PolicyDocument()
