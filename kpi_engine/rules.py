"""Policies, parsed from plain documents: clocks, goals, pauses and warnings."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from kpi_engine.conditions import ALWAYS_FITS, CHANNEL, PRIORITY, SEVERITY, Facts, When, criterion, parse_when
from kpi_engine.documents import Document, listed, mapping
from kpi_engine.durations import seconds_of, working_days_of
from kpi_engine.escalating import (
    NO_ESCALATION,
    Escalation,
    EscalationKind,
    EscalationStep,
    parse_escalations,
)
from kpi_engine.severity import Severity, parse_severity

CALENDAR_TIME = "calendar"
BUSINESS_TIME = "business"
DEFAULT = "default"
ANY = "any"
TICKET_CALENDAR = "ticket"


class Start(StrEnum):
    """What starts a clock for the first time."""

    CREATED = "created"
    ASSIGNED = "assigned"
    GROUP_ASSIGNED = "group_assigned"
    CUSTOMER_MESSAGE = "customer_message"
    AGENT_REPLY = "agent_reply"
    HANDOFF = "handoff"  # a machine gave the ticket out of its hands, or never had it
    CRITERIA = "criteria"


class Stop(StrEnum):
    """What ends a clock."""

    AGENT_PUBLIC_REPLY = "agent_public_reply"
    SOLVED = "solved"
    GROUP_CHANGED = "group_changed"
    ANY_AGENT_ACTION = "any_agent_action"
    ANY_CHANGE = "any_change"
    CRITERIA = "criteria"


class Rearm(StrEnum):
    """When a stopped clock starts afresh, or goes on.

    CONTINUES goes on at a reopening from where it stood. SEQUENTIAL starts afresh whenever what starts it comes true,
    but never before the last one would have been due. ON_ANY_CHANGE starts afresh while it runs, too.
    """

    NEVER = "never"
    ON_CUSTOMER_MESSAGE = "on_customer_message"
    ON_AGENT_REPLY = "on_agent_reply"
    ON_REOPEN = "on_reopen"
    ON_GROUP_CHANGE = "on_group_change"
    ON_ANY_CHANGE = "on_any_change"
    ON_CRITERIA = "on_criteria"
    SEQUENTIAL = "sequential"
    CONTINUES = "continues"


class OnChange(StrEnum):
    """What a changed priority or policy does to the goal of a running clock."""

    RECOMPUTE = "recompute"
    FREEZE = "freeze"


class Stage(NamedTuple):
    """A step of a clock: its name, its escalation level and the seconds of the clock's own time at which it is due."""

    step: str
    level: int
    threshold: int
    kind: EscalationKind | None = None


BREACH = "breach"
NEXT_REPLY = "next_reply"


class Promise(NamedTuple):
    """How long a clock may run: seconds of its own time, and working days, one of them 0."""

    seconds: int
    days: int


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One clock of a policy: goals in seconds and kinds of time, by priority (or what `by` says) with a default.

    `days` holds, for the words whose goal is told in working days, how many. With `end_of_day` a goal reaches to the
    end of the working day on which it is due. `warnings` are as written: "75%" of the goal, or "-15m" before it.
    `policy` names the policy the clock is of, and `calendar` where that policy looks for one, the first that is found;
    nothing for the ticket's own. The three criteria are keys among `Policies.criteria`.
    """

    clock: str
    goals: Mapping[str, int]
    times: Mapping[str, str]
    stop: frozenset[Stop]
    pause_in: frozenset[str]
    rearm: Rearm
    warnings: tuple[str, ...] = ()
    escalation: Escalation = NO_ESCALATION
    start: Start = Start.CREATED
    on_change: OnChange = OnChange.RECOMPUTE
    by: str = PRIORITY
    policy: str = ""
    calendar: tuple[str, ...] = ()
    days: Mapping[str, int] = field(default_factory=dict)
    end_of_day: bool = False
    start_when: str | None = None
    stop_when: str | None = None
    pause_when: str | None = None
    _stages: dict[int, tuple[Stage, ...]] = field(default_factory=dict, repr=False, compare=False)

    def goal(self, word: str | None) -> int | None:
        """Return the goal in seconds for a priority, severity or channel, as `by` says.

        None takes the default; a word left out takes the goal for any, and has no clock (None) without one.
        """
        return self.goals.get(word or DEFAULT, self.goals.get(ANY))

    def promise(self, word: str | None) -> Promise | None:
        """Return what is promised for a priority, severity or channel, None where the clock has no goal."""
        key = word or DEFAULT
        seconds = self.goal(word)
        return None if seconds is None else Promise(seconds, self.days.get(key if key in self.goals else ANY, 0))

    @property
    def steps(self) -> tuple[EscalationStep, ...]:
        """The steps that follow the breach."""
        return self.escalation.after_breach

    def in_business_time(self, word: str | None) -> bool:
        """Tell whether the clock runs in business time at that priority, severity or channel."""
        return self.times.get(word or DEFAULT, self.times[DEFAULT]) == BUSINESS_TIME

    def stages(self, goal: int) -> tuple[Stage, ...]:
        """Return the warnings and the breach of a clock with that goal, in order.

        A warning that would lie before the start is due at once: no more than that is left.
        """
        if goal not in self._stages:  # as many as there are goals in the policy
            warnings = [Stage(f"warn:{word}", 0, _threshold(word, goal)) for word in self.warnings]
            self._stages[goal] = (*sorted(warnings, key=attrgetter("threshold")), Stage(BREACH, 0, goal))
        return self._stages[goal]

    @property
    def is_reply_clock(self) -> bool:
        """Whether a reply, not a solve, is what the clock waits for."""
        return Stop.AGENT_PUBLIC_REPLY in self.stop


def _threshold(warning: str, goal: int) -> int:
    if warning.endswith("%"):
        return goal * int(warning[:-1]) // 100
    return max(0, goal - seconds_of(warning[1:]))


@dataclass(frozen=True, slots=True)
class Policy:
    """A named set of clocks, and the tickets it is for."""

    policy: str
    clocks: tuple[ClockRule, ...]
    when: When = ALWAYS_FITS

    def rule(self, clock: str) -> ClockRule | None:
        """Return the rule of a clock, None where the policy has no such clock."""
        for rule in self.clocks:
            if rule.clock == clock:
                return rule
        return None


NO_POLICY = Policy("none", ())
NO_MATCH = -1


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of one document, in order: the first that fits a ticket gives it its clocks.

    `criteria` are the conditions, by key, that start, stop, pause or acknowledge some clock.
    """

    policies: tuple[Policy, ...] = ()
    criteria: Mapping[str, When] = field(default_factory=dict, hash=False)
    severity: Severity | None = None

    def match(self, facts: Facts) -> int:
        """Return the place of the first policy that fits, NO_MATCH where none does."""
        for place, policy in enumerate(self.policies):
            if policy.when is ALWAYS_FITS or policy.when.fits(facts):
                return place
        return NO_MATCH

    def at(self, place: int) -> Policy:
        """Return the policy at a place, the one without clocks at NO_MATCH."""
        return NO_POLICY if place == NO_MATCH else self.policies[place]

    def step(self, policy: str, clock: str, name: str) -> EscalationStep | None:
        """Return the step of a policy's clock that fires under a name; None where these policies have none."""
        named = next((each for each in self.policies if each.policy == policy), None)
        rule = None if named is None else named.rule(clock)
        return None if rule is None else rule.escalation.named(name)

    @property
    def has_tiers(self) -> bool:
        """Whether somebody answers for a severity as such."""
        return self.severity is not None and bool(self.severity.tiers)

    @property
    def goes_by_priority(self) -> bool:
        """Whether a goal or a policy's condition differs from one priority to another."""
        rules = (rule for policy in self.policies for rule in policy.clocks)
        return any(rule.by == PRIORITY and rule.goals.keys() != {ANY} for rule in rules) or any(
            PRIORITY in policy.when.subjects for policy in self.policies
        )

    @property
    def subjects(self) -> frozenset[str]:
        """What conditions and goals ask of a ticket."""
        asked = {subject for policy in self.policies for subject in policy.when.subjects}
        asked |= {subject for when in self.criteria.values() for subject in when.subjects}
        asked |= {rule.by for policy in self.policies for rule in policy.clocks}
        return frozenset(asked | set(self.severity.subjects if self.severity is not None else ()))


NO_POLICIES = Policies()


def parse_policies(document: Document) -> Policies:
    """Return the policies that a validated policy document describes.

    Raises ValueError naming the place where the document is not understood.
    """
    escalations = parse_escalations(document)
    policies = tuple(
        _policy(mapping(policy, f"policies.{place}"), place, escalations)
        for place, policy in enumerate(listed(document, "policies"))
    )
    severity = mapping(document.get("severity") or {}, "severity")
    return Policies(policies, dict(_criteria(document)), parse_severity(severity) if severity else None)


def _criteria(document: Document) -> Iterator[tuple[str, When]]:
    """Yield every condition beside those of the policies, by the key that rules know it by."""
    clocks = [clock for policy in listed(document, "policies") for clock in listed(mapping(policy, ""), "clocks")]
    whens = [mapping(clock, "").get(name) for clock in clocks for name in ("start_when", "stop_when", "pause_when")]
    told = [mapping(each, "").get("acknowledgement") for each in listed(document, "escalations")]
    whens += [mapping(each, "").get("when") for each in told if each is not None]
    yield from ((criterion(when), parse_when(mapping(when, ""))) for when in whens if when is not None)


_Escalations = Mapping[tuple[str | None, str], Escalation]


def _policy(document: Document, place: int, escalations: _Escalations) -> Policy:
    name = str(document["id"])
    calendar = _calendar_sources(document.get("calendar", TICKET_CALENDAR))
    clocks = [mapping(clock, f"policies.{place}.clocks") for clock in listed(document, "clocks")]
    return Policy(
        policy=name,
        clocks=tuple(replace(_clock(clock, escalations, name), policy=name, calendar=calendar) for clock in clocks),
        when=parse_when(mapping(document.get("when", {}), f"policies.{place}.when")),
    )


def _calendar_sources(value: object) -> tuple[str, ...]:
    """Return where to look for a calendar: nothing for the ticket's own, whatever that is."""
    if isinstance(value, Mapping):
        return tuple(str(source) for source in listed(value, "first_of"))
    return () if value == TICKET_CALENDAR else (str(value),)


def _clock(document: Document, escalations: _Escalations, policy: str) -> ClockRule:
    name = str(document["id"])
    by, goals = _goals_and_by(document, name)
    texts = {word: str(goals.get(str(goal), goal)) for word, goal in goals.items()}
    days = {word: working_days_of(text) for word, text in texts.items()}
    return ClockRule(
        clock=name,
        goals={word: 0 if days[word] is not None else seconds_of(text) for word, text in texts.items()},
        times=_times(document.get("time", BUSINESS_TIME)),
        stop=frozenset(Stop(str(word)) for word in listed(document, "stop")),
        pause_in=frozenset(str(word) for word in listed(document, "pause_in")),
        rearm=Rearm(str(document.get("rearm", Rearm.NEVER))),
        warnings=tuple(_warning(word) for word in listed(document, "warn")),
        escalation=escalations.get((policy, name)) or escalations.get((None, name), NO_ESCALATION),
        start=Start(str(document.get("start", Start.CREATED))),
        on_change=OnChange(str(document.get("on_change", OnChange.RECOMPUTE))),
        by=by,
        days={word: count for word, count in days.items() if count is not None},
        end_of_day=bool(document.get("end_of_day", False)),
        start_when=_key_of(document, "start_when"),
        stop_when=_key_of(document, "stop_when"),
        pause_when=_key_of(document, "pause_when"),
    )


def _key_of(document: Document, name: str) -> str | None:
    when = document.get(name)
    return None if when is None else criterion(when)


def _goals_and_by(document: Document, clock: str) -> tuple[str, Document]:
    """Return what the goals go by, and the goals: `goal` by priority, or `goal_by` severity or channel."""
    other = mapping(document.get("goal_by", {}), f"{clock}.goal_by")
    for by in (SEVERITY, CHANNEL):
        if by in other:
            return by, mapping(other[by], f"{clock}.goal_by.{by}")
    return PRIORITY, mapping(document["goal"], f"{clock}.goal")


def _times(document: object) -> dict[str, str]:
    if isinstance(document, Mapping):
        return {DEFAULT: BUSINESS_TIME, **{str(priority): str(time) for priority, time in document.items()}}
    return {DEFAULT: str(document)}


def _warning(word: object) -> str:
    text = str(word)
    if re.fullmatch(r"[0-9]{1,2}%", text) is None:
        if not text.startswith("-"):
            raise ValueError(f"a warning is a percentage of the goal or a time before it, not {text!r}")
        seconds_of(text[1:])
    return text
