"""The editions in force over time, compiled for measuring."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from functools import cached_property
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from kpi_engine.calendars import ALWAYS, Calendar, WorkingTime
from kpi_engine.conditions import FORM, ORGANIZATION, SEGMENT, SEVERITY, TAG, TYPE, When
from kpi_engine.organization import Organization, Place
from kpi_engine.records import Field, FieldValue
from kpi_engine.roster import NO_ROSTER, Roster
from kpi_engine.rules import Policies

Parameters: TypeAlias = Mapping[str, Mapping[str, object]]
"""The configured parameters: by indicator key, then by the parameter's name."""

T_co = TypeVar("T_co", covariant=True)
OWN_TAG = "helpdesk-kpi"


class Kind(StrEnum):
    """What an edition can be about."""

    POLICIES = "policies"
    CALENDAR = "calendar"
    CALENDAR_CHOICE = "calendar_choice"
    AGENT = "agent"
    GROUP = "group"
    MEMBERSHIP = "membership"
    ORGANIZATION = "organization"
    ROSTER = "roster"
    MEANINGS = "meanings"
    PARAMETERS = "parameters"
    SLA_POLICY = "sla_policy"
    TARGETS = "targets"
    CONSEQUENCES = "consequences"
    SCORECARDS = "scorecards"


class Role(Enum):
    """What an actor is to a ticket, apart from being its customer."""

    AGENT = auto()  # a person who works tickets
    MACHINE = auto()
    OTHER = auto()  # an account that was an agent's, or will be
    STRANGER = auto()  # nobody we know: customers above all


class Status(StrEnum):
    """What a platform's status means."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    HOLD = "hold"
    SOLVED = "solved"
    CLOSED = "closed"
    DELETED = "deleted"
    UNKNOWN = "unknown"


DONE = frozenset({Status.SOLVED, Status.CLOSED})
_DECIDING: Sequence[str] = (
    Field.STATUS,
    Field.CUSTOM_STATUS,
    Field.ASSIGNEE,
    Field.GROUP,
    Field.PRIORITY,
    Field.BRAND,
    Field.SCHEDULE,
    Field.REQUESTER,
)
_TELLING = {TAG: Field.TAGS, FORM: Field.FORM, TYPE: Field.TYPE, ORGANIZATION: Field.ORGANIZATION}
_SOURCES = ("ticket", ORGANIZATION, "group", "brand")
UNSOLVED = frozenset({Status.NEW, Status.OPEN, Status.PENDING, Status.HOLD, Status.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Timeline(Generic[T_co]):
    """Values in force one after another; the first holds from the beginning."""

    values: tuple[T_co, ...]
    digests: tuple[str, ...]
    starts: tuple[int, ...]  # of the second value and those after it

    def at(self, instant: int) -> T_co:
        """Return the value in force at `instant`."""
        return self.values[bisect_right(self.starts, instant)] if self.starts else self.values[0]

    def between(self, first: int, last: int) -> tuple[T_co, ...]:
        """Return the values in force at some instant from `first` to `last`."""
        return self.values[bisect_right(self.starts, first) : bisect_right(self.starts, last) + 1]

    def digest_at(self, instant: int) -> str:
        """Return the digest of the edition in force at `instant`."""
        return self.digests[bisect_right(self.starts, instant)] if self.starts else self.digests[0]


@dataclass(frozen=True, slots=True)
class FieldMeaning:
    """The custom field (by platform id) or the tag that carries a meaning; `values` renames both."""

    field: str | None
    tag: str | None
    values: Mapping[str, str]

    def read(self, fields: Mapping[str, FieldValue], tags: Collection[str]) -> FieldValue:
        """Return what a ticket with these fields and tags says: its tag's name (True), a field's value, else None."""
        if self.tag is not None and self.tag in tags:
            return self.values.get(self.tag, True)
        value = fields.get(self.field) if self.field is not None else None
        return self.values.get(str(value), value) if value is not None else None


@dataclass(frozen=True, slots=True)
class Meanings:
    """What the account's words mean: statuses, exclusions, machines, and which fields carry which meaning.

    `custom_statuses` (by platform id) are those the configuration explains; `fields` maps the names of meanings
    (complaint, complaint_cause, responsible_agent, topic, severity, segment, warranty, language, root_cause) to their
    carriers.
    A tag of `exempting`, or a value of a field of `exempting_fields` (by id, values in lower case), exempts the clock
    (or the rating) that it names where one of the `approvers` set it, or with `leads_approve` who leads the holder.
    """

    statuses: Mapping[str, Status]
    excluded_tags: frozenset[str]
    excluded_forms: frozenset[str]
    bots: frozenset[str]
    custom_statuses: Mapping[str, Status] = field(default_factory=dict)
    fields: Mapping[str, FieldMeaning] = field(default_factory=dict)
    exempting: Mapping[str, str] = field(default_factory=dict)
    exempting_fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    approvers: frozenset[str] = frozenset()
    leads_approve: bool = False

    def status(self, word: str | None, custom_status_id: str | None = None) -> Status:
        """Return what a platform's status means; a word nobody explained is unknown, never guessed.

        A custom status tells one status from another of its kind; deleted and closed tickets keep it without meaning.
        """
        plain = self.statuses.get(word or "", Status.UNKNOWN)
        if not self.custom_statuses or plain is Status.DELETED or plain is Status.CLOSED:
            return plain
        return self.custom_statuses.get(custom_status_id or "", plain)

    def read(self, meaning: str, fields: Mapping[str, FieldValue], tags: Collection[str]) -> FieldValue:
        """Return what a ticket with these fields and tags says about `meaning`; None where nothing carries it."""
        carrier = self.fields.get(meaning)
        return carrier.read(fields, tags) if carrier is not None else None


@dataclass(frozen=True, slots=True)
class CalendarChoice:
    """Which calendar a ticket follows when the platform does not say; `assumed` is the fall-back, its oldest one."""

    by_group: Mapping[str, str]
    by_brand: Mapping[str, str]
    default: str | None
    assumed: str | None
    by_organization: Mapping[str, str] = field(default_factory=dict)

    def of(self, source: str, places: "Places") -> str | None:
        """Return the calendar of one source for a ticket in these places; any other word is a calendar's own key."""
        if source in _SOURCES:
            return self.candidates(places)[_SOURCES.index(source)]
        return source

    def candidates(self, places: "Places") -> tuple[str | None, ...]:
        """Return the calendar of each source for a ticket in these places, in their order, and then the default."""
        return (
            places.schedule,
            self.by_organization.get(places.organization or ""),
            self.by_group.get(places.group or ""),
            self.by_brand.get(places.brand or ""),
            self.default,
        )


class Places(NamedTuple):
    """Where a ticket belongs, as far as calendars go by it: its schedule, group, brand and organization."""

    schedule: str | None = None
    group: str | None = None
    brand: str | None = None
    organization: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """An agent's account as it was known at some time."""

    agent_id: str
    name: str
    email: str | None
    works: bool  # holds an agent's or administrator's role
    bot: bool


@dataclass(frozen=True)
class Rulebook:
    """Everything that decides, over time: what `measure` is given beside the history.

    `called` tells the names of persons by their keys; nothing is measured by it.
    """

    policies: Timeline[Policies]
    meanings: Timeline[Meanings]
    choice: Timeline[CalendarChoice]
    organization: Timeline[Organization]
    calendars: Mapping[str, Timeline[Calendar]]
    agents: Mapping[str, Timeline[Person]]
    groups: Mapping[str, Timeline[str]] = field(default_factory=dict)
    parameters: Timeline[Parameters] = field(default_factory=lambda: Timeline(({},), ("",), ()))
    rosters: Mapping[str, Timeline[Roster]] = field(default_factory=dict)
    memberships: Mapping[str, Timeline[tuple[str, ...]]] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def turning_points(self) -> tuple[int, ...]:
        """The instants at which a later edition of something comes into force, or a dated part of the organization."""
        single = (self.policies, self.meanings, self.choice, self.organization, self.parameters)
        lines: list[Timeline[object]] = [*single, *self.calendars.values()]
        return tuple(sorted({start for line in lines for start in line.starts}.union(self.reorganized)))

    @cached_property
    def reorganized(self) -> tuple[int, ...]:
        """The instants at which somebody's place, or what is said of a team, may change."""
        dated = {at for edition in self.organization.values for at in edition.bounds}
        return tuple(sorted(dated.union(self.organization.starts)))

    @cached_property
    def clock_names(self) -> tuple[str, ...]:
        """Every clock that some edition of the policies has, in their order."""
        policies = (policy for edition in self.policies.values for policy in edition.policies)
        return tuple(dict.fromkeys(rule.clock for policy in policies for rule in policy.clocks))

    @cached_property
    def asked(self) -> frozenset[str]:
        """What some edition of the policies asks of a ticket: subjects of conditions, and what goals go by."""
        return frozenset().union(*(edition.subjects for edition in self.policies.values))

    @cached_property
    def criteria(self) -> Mapping[str, When]:
        """The conditions, by key, that start, stop, pause or acknowledge some clock under some edition."""
        return {key: when for edition in self.policies.values for key, when in edition.criteria.items()}

    @cached_property
    def tuned(self) -> frozenset[str]:
        """The indicators of which some edition configures a parameter."""
        return frozenset(key for edition in self.parameters.values for key in edition)

    @cached_property
    def carried(self) -> frozenset[str]:
        """The meanings that some field or tag carries under some edition."""
        return frozenset(name for edition in self.meanings.values for name in edition.fields)

    @cached_property
    def telling(self) -> frozenset[str]:
        """The properties, beside those that always do, that decide how a ticket stands under some edition.

        They tell its segment, how grave it is, or what policies ask of it.
        """
        told = {name for subject in {SEGMENT, SEVERITY, *self.asked} for name in self._carriers(subject)}
        told |= {Field.ORGANIZATION} if any(choice.by_organization for choice in self.choice.values) else set()
        return frozenset(told | {name for subject, name in _TELLING.items() if subject in self.asked})

    @cached_property
    def grading(self) -> frozenset[str]:
        """The properties that tell how grave a ticket is: what carries its severity, and its priority."""
        severities = (edition.severity for edition in self.policies.values if edition.severity is not None)
        subjects = {SEVERITY, *(subject for severity in severities for subject in severity.subjects)}
        return frozenset({Field.PRIORITY, *(name for subject in subjects for name in self._carriers(subject))})

    @cached_property
    def deciding(self) -> frozenset[str]:
        """The properties that decide whose a breach is, and, where goals or policies go by it, whether it is one."""
        asked = self.grading if SEVERITY in self.asked else frozenset()
        weighed = any(edition.goes_by_priority for edition in self.policies.values)
        return asked | {Field.ASSIGNEE} | ({Field.PRIORITY} if weighed else set())

    @cached_property
    def grades(self) -> bool:
        """Whether anything tells, under some edition, how grave a ticket is."""
        return SEVERITY in self.asked or any(SEVERITY in meanings.fields for meanings in self.meanings.values)

    @cached_property
    def followed(self) -> Mapping[str, bool]:
        """The properties whose changes are steps of a story, and whether they decide how the ticket stands.

        Fields of ours are never among them: writing them is not work on a ticket.
        """
        touched: dict[str, bool] = {Field.TAGS: False, Field.FORM: False}
        touched |= dict.fromkeys((name for meaning in self.carried for name in self._carriers(meaning)), False)
        return touched | dict.fromkeys([*_DECIDING, *self.telling], True)

    def _carriers(self, meaning: str) -> Iterator[str]:
        """Yield the properties that carry a meaning under some edition."""
        for carrier in (meanings.fields.get(meaning) for meanings in self.meanings.values):
            if carrier is not None and carrier.field is not None:
                yield f"field:{carrier.field}"
            if carrier is not None and carrier.tag is not None:
                yield Field.TAGS

    def calendar(self, key: str, instant: int) -> WorkingTime:
        """Return the calendar `key` as it was at `instant`; "" is calendar time."""
        return self.calendars[key].at(instant) if key else ALWAYS

    def chosen_calendar(self, places: Places, at: int) -> tuple[str, bool]:
        """Return the key of the calendar a ticket follows, and whether that had to be assumed.

        The platform's own assignment first, then the configured map, then the oldest schedule; none: calendar time.
        """
        choice = self.choice.at(at)
        for key in choice.candidates(places):
            if key is not None and key in self.calendars:
                return key, False
        return (choice.assumed, True) if choice.assumed in self.calendars and choice.assumed else ("", False)

    def prescribed_calendar(self, sources: Sequence[str], places: Places, at: int) -> str | None:
        """Return the key of the first calendar that a policy's sources find for a ticket, None where none does."""
        choice = self.choice.at(at)
        found = (choice.of(source, places) for source in sources)
        return next((key for key in found if key is not None and key in self.calendars), None)

    def person(self, agent_id: str | None, at: int) -> Person | None:
        """Return the agent with that id, None for customers and strangers."""
        line = self.agents.get(agent_id or "")
        return line.at(at) if line is not None else None

    def is_agent(self, agent_id: str | None, at: int) -> bool:
        """Tell whether the id belongs to a person who works tickets, no machine."""
        return self.role(agent_id, at) is Role.AGENT

    def is_machine(self, actor_id: str | None, at: int) -> bool:
        """Tell whether the id belongs to a machine: the platform says so, or the configuration does."""
        return self.role(actor_id, at) is Role.MACHINE

    def role(self, actor_id: str | None, at: int) -> Role:
        """Return what somebody was at an instant."""
        known = self._roles.get(actor_id or "")
        return self._role(actor_id or "", at) if known is None else known

    @cached_property
    def _roles(self) -> dict[str, Role]:
        """The roles of those agents who never had another one."""
        if self.meanings.starts:
            return {}
        return {key: self._role(key, 0) for key, line in self.agents.items() if not line.starts}

    def _role(self, actor_id: str, at: int) -> Role:
        person = self.person(actor_id, at)
        if (person is not None and person.bot) or actor_id in self.meanings.at(at).bots:
            return Role.MACHINE
        if person is None:
            return Role.STRANGER
        return Role.AGENT if person.works else Role.OTHER

    def team(self, agent_id: str | None, group_id: str | None, at: int) -> str | None:
        """Return the team of a credit: the agent's configured one, else the ticket's group."""
        configured = self.organization.at(at).team(agent_id, at)
        if configured is not None:
            return configured
        return f"group:{group_id}" if group_id is not None else None

    def place(self, agent_id: str | None, team: str | None, at: int) -> Place:
        """Return where an agent of a team, or the team alone, stood in the organization at an instant."""
        return self.organization.at(at).place(agent_id, team, at)

    def groups_of(self, agent_id: str, at: int) -> tuple[str, ...]:
        """Return the ids of the helpdesk's groups that an agent was in at an instant."""
        line = self.memberships.get(agent_id)
        return line.at(at) if line is not None else ()

    def roster(self, agent_id: str | None, at: int) -> Roster:
        """Return when an agent is at work, as it was known of an instant."""
        line = self.rosters.get(agent_id or "")
        return line.at(at) if line is not None else NO_ROSTER

    def on_leave(self, agent_id: str | None, at: int) -> bool:
        """Tell whether an agent was on leave at an instant."""
        return self.roster(agent_id, at).on_leave(at)
