# ruff: noqa: D101, D102 -- a method here is a sentence of the rules; its name says it
"""The naive oracle, what happened: a ticket's story from raw events by the words of the rules, slowly and simply.

It shares nothing with the engine but the records. Rules are the plain documents that editions hold, each given as
(kind, key, valid_from, body). Business time is counted minute by minute, by asking a clock on the wall.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from kpi_engine.history import DerivedEvent, History
from kpi_engine.records import TicketEvent, TicketSnapshot

Body = Mapping[str, object]
Values = Mapping[str, str | None]
PlainEdition = tuple[str, str, int | None, Body]
DONE = ("solved", "closed")
SECONDS = {"h": 3600, "m": 60, "s": 1, "d": 86_400}
DAY = 86_400
FAR = 90 * DAY  # how far ahead a due time is looked for


# --- Business time ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def open_minutes(spelled: str, day: int) -> bytes:
    """Return one byte for each minute of a UTC day, counted from 1970-01-01: 1 where it is worked."""
    zone = ZoneInfo(calendar_of(spelled)["zone"])
    midnight = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
    # No zone has changed its offset within a quarter of an hour since 1970, so the wall is asked four times an hour.
    walls = [(midnight + timedelta(minutes=minute)).astimezone(zone) for minute in range(0, 1440, 15)]
    minutes = ((wall.date(), wall.hour * 60 + wall.minute + more) for wall in walls for more in range(15))
    return bytes(is_worked(spelled, wall_day, minute) for wall_day, minute in minutes)


@lru_cache
def calendar_of(spelled: str) -> Mapping[str, object]:
    return json.loads(spelled)


def is_worked(spelled: str, day: date, minute: int) -> bool:
    return any(first <= minute < last for first, last in spans_over(spelled, day))


@lru_cache(maxsize=20_000)
def spans_over(spelled: str, day: date) -> Sequence[tuple[int, int]]:
    """Return the spans that touch a local day: its own, and what the day before left over."""
    own, before = (spans_of(calendar_of(spelled), each) for each in (day, day - timedelta(days=1)))
    return [*((first, last) for first, last in own), *((first - 1440, last - 1440) for first, last in before)]


def spans_of(calendar: Mapping[str, object], day: date) -> Sequence[Sequence[int]]:
    text = day.isoformat()
    if text in calendar["overrides"]:
        return calendar["overrides"][text]
    if any(first <= text <= last for first, last in calendar["holidays"]):
        return ()
    return calendar["week"][day.weekday()]


def is_open(spelled: str, minute: int) -> bool:
    return bool(open_minutes(spelled, minute // 1440)[minute % 1440])


def whole_minutes_open(spelled: str, first: int, last: int) -> int:
    """Return how many of the minutes first, …, last - 1 are worked, day by day."""
    count = 0
    while first < last:
        end = min(last, (first // 1440 + 1) * 1440)
        day = open_minutes(spelled, first // 1440)
        count += day[first % 1440 : first % 1440 + end - first].count(1)
        first = end
    return count


def worked(spelled: str | None, start: int, end: int) -> int:
    """Return the worked seconds of [start, end); no calendar: all of them."""
    if spelled is None or end <= start:
        return max(0, end - start)
    first, last = start // 60, (end - 1) // 60
    if first == last:
        return (end - start) * is_open(spelled, first)
    ends = (60 * (first + 1) - start) * is_open(spelled, first) + (end - 60 * last) * is_open(spelled, last)
    return ends + 60 * whole_minutes_open(spelled, first + 1, last)


def earliest(spelled: str | None, start: int, seconds: int, limit: int) -> int | None:
    """Return the earliest instant from `start` by which `seconds` were worked, None if not by `limit`."""
    at = start
    while seconds > 0 and at < limit:
        end = min((at // 60 + 1) * 60, limit)
        if at % DAY == 0 and at + DAY <= limit and (whole := worked(spelled, at, at + DAY)) < seconds:
            seconds, end = seconds - whole, at + DAY
        elif spelled is None or is_open(spelled, at // 60):
            end = min(end, at + seconds)
            seconds -= end - at
        at = end
    return None if seconds > 0 else at


# --- Rules --------------------------------------------------------------------------------------------------------

TURNING = ("policies", "calendar", "calendar_choice", "organization", "meanings", "parameters")


Hours = Callable[[int, int], int]
"""How many seconds are worked between two instants."""


def moves(organization: Body) -> Iterator[int]:
    """Yield the instants at which somebody's place, or what is agreed of a team, begins or ends."""
    for part in ("places", "teams"):
        for places in organization.get(part, {}).values():
            yield from (place[end] for place in places for end in ("start", "end") if end in place)


def lies_in(at: int, place: Body) -> bool:
    return place.get("start", at) <= at < place.get("end", at + 1)


def at_work_in(roster: Body, rows: Sequence[Sequence[Any]], base: Hours, piece: tuple[int, int]) -> int:
    """Return the seconds at work of a piece of time in which leave and hours do not change."""
    first, last = piece
    if any(start <= first < end for start, end in roster.get("leave", ())):
        return 0
    row = next((row for row in rows if row[0] <= first and (row[1] is None or first < row[1])), None)
    if row is None:
        return base(first, last)
    if row in roster.get("weeks", ()):
        week = {"zone": row[2], "week": row[3], "holidays": [], "overrides": {}}
        return worked(json.dumps(week), first, last)
    return sum(max(0, min(last, end) - max(first, start)) for start, end in row[2])


@dataclass(frozen=True)
class Rules:
    editions: tuple[PlainEdition, ...]

    @cached_property
    def lines(self) -> dict[tuple[str, str], list[tuple[int, Body]]]:
        found: dict[tuple[str, str], list[tuple[int, Body]]] = {}
        for kind, key, valid_from, body in self.editions:
            found.setdefault((kind, key), []).append((valid_from or 0, body))
        return found

    def body(self, kind: str, at: int, key: str = "") -> Body:
        """Return the body in force: the first edition holds from the beginning, a later one from its own instant."""
        found: Body = {}
        for position, (valid_from, body) in enumerate(self.lines.get((kind, key), ())):
            if position == 0 or valid_from <= at:
                found = body
        return found

    def turns(self) -> list[int]:
        lines = (line[1:] for (kind, _), line in self.lines.items() if kind in TURNING)
        dated = {at for _, body in self.lines.get(("organization", ""), ()) for at in moves(body)}
        return sorted({valid_from for line in lines for valid_from, _ in line} | dated)

    def meaning(self, word: str | None, custom: str | None, at: int) -> str:
        """Return what a status means: what the account says of its custom status, else the platform's own word.

        Who is closed or deleted is so, whatever custom status stands beside it.
        """
        meanings = self.body("meanings", at)
        plain = meanings.get("statuses", {}).get(word, "unknown")
        return plain if plain in ("closed", "deleted") else meanings.get("custom_statuses", {}).get(custom, plain)

    def reads(self, meaning: str, at: int, fields: Mapping[str, object], tags: Sequence[str]) -> str | None:
        """Return what fields and tags say about a topic, a cause, …: "True" for its tag, else the field's value."""
        carrier = self.body("meanings", at).get("fields", {}).get(meaning)
        if carrier is None:
            return None
        if carrier.get("tag") is not None and carrier["tag"] in tags:
            return "True"
        value = fields.get(carrier["field"]) if carrier.get("field") is not None else None
        return None if value is None else str((carrier.get("values") or {}).get(str(value), value))

    def parameter(self, indicator: str, name: str, default: object, at: int) -> object:
        return self.body("parameters", at).get("indicators", {}).get(indicator, {}).get(name, default)

    def is_bot(self, actor: str, at: int) -> bool:
        return bool(self.body("agent", at, actor).get("bot")) or actor in self.body("meanings", at).get("bots", ())

    def is_human_agent(self, actor: str, at: int) -> bool:
        return self.body("agent", at, actor).get("role") in ("agent", "admin") and not self.is_bot(actor, at)

    def team(self, agent: str | None, group: str | None, at: int) -> str | None:
        """Return the team of a day: that of the agent's place then, else the one he is said to be in, or the group."""
        organization = self.body("organization", at)
        places = [place for place in organization.get("places", {}).get(agent, ()) if lies_in(at, place)]
        placed = places[-1].get("team") if places else None
        configured = placed or organization.get("team_of", {}).get(agent)
        return configured or (f"group:{group}" if group else None)

    def is_away(self, agent: str | None, at: int) -> bool:
        """Tell whether somebody was on leave, as it was known of that instant."""
        return any(first <= at < last for first, last in self.body("roster", at, agent or "").get("leave", ()))

    def at_work(self, agent: str | None, known_at: int, base: Hours, span: tuple[int, int]) -> int:
        """Return the seconds of a span that somebody is at work: his own hours or those of `base`, less his leave."""
        roster = self.body("roster", known_at, agent or "")
        rows = [*roster.get("weeks", ()), *roster.get("shifts", ())]
        bounds = {at for row in (*rows, *roster.get("leave", ())) for at in row[:2] if at is not None}
        cuts = sorted({*span, *(at for at in bounds if span[0] < at < span[1])})
        return sum(at_work_in(roster, rows, base, piece) for piece in pairwise(cuts))

    def calendar(self, values: Values, at: int) -> tuple[str | None, bool]:
        """Return the calendar written out (None: calendar time) and whether it is a guess."""
        key = self.calendar_key(values, at)
        return (None if key is None else self.spelled(key, at)), key is not None and self.said_key(values, at) is None

    def calendar_key(self, values: Values, at: int) -> str | None:
        return self.said_key(values, at) or self.body("calendar_choice", at).get("assumed")

    def said_key(self, values: Values, at: int) -> str | None:
        """Return the calendar that somebody chose: the platform for the ticket, or the configuration."""
        choice = self.body("calendar_choice", at)
        by_group = choice.get("by_group", {}).get(values["group"])
        by_brand = choice.get("by_brand", {}).get(values["brand"])
        keys = (values["schedule"], by_group, by_brand, choice.get("default"))
        return next((key for key in keys if ("calendar", key) in self.lines), None)

    def spelled(self, key: str, at: int) -> str:
        return json.dumps(self.body("calendar", at, key), sort_keys=True)

    def clocks(self, at: int, facts: Callable[[str], Collection[str]]) -> Mapping[str, Body]:
        """Return the clocks of the first policy for a ticket of these facts, each with what its policy says of it."""
        document = self.body("policies", at)
        for policy in document.get("policies", ()):
            if is_meant(policy.get("when", {}), facts):
                return {clock["id"]: completed(clock, policy, document) for clock in policy["clocks"]}
        return {}


def is_meant(when: Body, facts: Callable[[str], Collection[str]]) -> bool:
    def holds(clause: Body) -> bool:
        return all(set(words) & set(facts(subject)) for subject, words in clause.items())

    for clause in when.get("all", ()):
        if not holds(clause):
            return False
    for clause in when.get("none", ()):
        if holds(clause):
            return False
    return not when.get("any") or any(map(holds, when["any"]))


def completed(clock: Body, policy: Body, document: Body) -> Body:
    """Return the clock with the calendar and the (seconds after breach, level, kind) of its escalation."""
    named = [each for each in document.get("escalations", ()) if each["on"]["clock"] == clock["id"]]
    own = [each for each in named if each["on"].get("policy") == policy["id"]]
    whose = own or [each for each in named if "policy" not in each["on"]]
    steps = sorted(
        (seconds(step["after"]), step["level"], step.get("type", "hierarchical"))
        for each in whose
        for step in each["steps"]
    )
    return {**clock, "steps": steps, "calendar": policy.get("calendar", "ticket")}


def seconds(text: str) -> int:
    return sum(int(count) * SECONDS[unit] for count, unit in re.findall(r"(\d+)([hmsd])", text))


# --- What happened, moment by moment ------------------------------------------------------------------------------

STATUS_FIELDS = ("status", "custom_status")
FOLLOWED = (*STATUS_FIELDS, "assignee", "group", "priority", "brand", "form", "schedule", "requester", "tags")
ASKING = ("customer", "merged")  # what a reply is owed to
TOLD_BY_CREATION = ("assignee", "group", "priority", "custom_status", "tags")  # empty at creation unless it says so


@dataclass(frozen=True)
class Moment:
    at: int
    what: str  # opening, change, rule, agent, customer, note, merged, nothing
    actor: str | None
    values: Values
    meaning: str
    done: bool  # solved or closed; a deleted ticket is what it was
    field: str | None = None
    automatic: bool = False
    human: bool = False  # a person who works tickets did it
    ruled_at: int = 0  # the instant whose policy holds


@dataclass(frozen=True)
class Stretch:
    """The time between two moments."""

    start: int
    end: int
    values: Values
    meaning: str
    done: bool
    ruled_at: int


class Told:
    def __init__(self, history: History, editions: Sequence[PlainEdition], as_of: int) -> None:
        self.history = history
        self.ticket = history.latest
        self.rules = Rules(tuple(editions))
        self.as_of = as_of
        self.heard = [event for event in history.events if event.at <= as_of and self.means_something(event)]
        self.creation = next((event.order for event in self.heard if event.kind == "opened_with"), None)
        self.whole = self.creation is not None or self.ticket.created_at >= history.known_from
        comments = [event for event in self.heard if event.kind == "commented"]
        first = comments[0] if comments else None
        opens = first is not None and (first.at <= self.ticket.created_at or first.order == self.creation)
        self.opening = first if opens else None
        self.held_it = {self.ticket.assignee_id}
        for event in history.events:
            self.held_it |= {event.old, event.new} if event.field == "assignee" else set()
        self.moments = list(self._moments())

    def means_something(self, event: TicketEvent) -> bool:
        """Tell whether an event is of the ticket's story: our own fields and tags, which we write, are not."""
        if event.kind != "changed" or event.field in FOLLOWED[:-1]:
            return True
        if event.field == "tags":
            changed = set((event.old or "").split()) ^ set((event.new or "").split())
            return any(not tag.startswith("helpdesk-kpi") for tag in changed)
        lines = [line for (kind, _), line in self.rules.lines.items() if kind == "meanings"]
        carriers = [carrier for line in lines for _, body in line for carrier in body.get("fields", {}).values()]
        return event.field in {f"field:{carrier['field']}" for carrier in carriers}

    def excluded(self) -> bool:
        return self.ticket.created_at > self.as_of or self.history.own or self.counts_nowhere(self.ticket)

    def counts_nowhere(self, ticket: TicketSnapshot) -> bool:
        meanings, tags = self.rules.body("meanings", ticket.created_at), ticket.tags
        status = self.rules.meaning(ticket.status, ticket.custom_status_id, ticket.created_at)
        return (
            status == "deleted"
            or ticket.ai_agent
            or ("closed_by_merge" in tags and status in DONE)
            or "helpdesk-kpi" in tags
            or any(tag in meanings.get("excluded_tags", ()) for tag in tags)
            or ticket.form_id in meanings.get("excluded_forms", ())
        )

    def opening_values(self) -> dict[str, str | None]:
        ticket = self.ticket
        values: dict[str, str | None] = {
            "status": ticket.status,
            "custom_status": ticket.custom_status_id,
            "assignee": ticket.assignee_id,
            "group": ticket.group_id,
            "priority": ticket.priority,
            "brand": ticket.brand_id,
            "form": ticket.form_id,
            "schedule": None,
            "requester": ticket.requester_id,
            "tags": " ".join(ticket.tags) or None,
        }
        values |= {f"field:{key}": None if value is None else str(value) for key, value in ticket.fields.items()}
        if self.creation is not None:
            values |= dict.fromkeys(TOLD_BY_CREATION)
        if any(event.field == "status" and event.kind == "changed" for event in self.history.events):
            values["custom_status"] = None  # the one the snapshot shows stands beside another status
        for field in {*values, *(event.field for event in self.history.events if event.field)}:
            told = [event for event in self.history.events if event.field == field]
            if told:
                values[field] = told[0].new if told[0].kind == "opened_with" else told[0].old
        return values

    def _moments(self) -> Iterator[Moment]:
        created_at, values = self.ticket.created_at, self.opening_values()
        meaning = self.meaning(values, created_at)
        done = meaning in DONE
        opener = self.opening.actor_id if self.opening is not None else self.ticket.submitter_id
        by_rule = self.opening is not None and self.opening.automatic
        yield Moment(created_at, "opening", opener, dict(values), meaning, done, automatic=by_rule, ruled_at=created_at)
        for things in self.in_one_go():
            first = things[0]
            at, what, more = when(first), "rule", {}
            if isinstance(first, DerivedEvent):
                what = "nothing" if self.counts_for_nothing(first) else "merged"
            elif isinstance(first, TicketEvent):
                for event in things:
                    self.apply(event, values)
                what = self.kind_of(first, values)
                more = {"field": first.field, "automatic": first.automatic, "human": self.is_by_hand(first, values)}
                more["actor"] = first.actor_id
            meaning = self.meaning(values, at)
            done = done if meaning == "deleted" else meaning in DONE
            ruled_at = at if what == "rule" else self.before_turn(at)
            yield Moment(at, what, more.pop("actor", None), dict(values), meaning, done, ruled_at=ruled_at, **more)

    def before_turn(self, at: int) -> int:
        """Return at what instant to look up the policy of what happened: it comes before a turn in its second."""
        return at - 1 if at in self.rules.turns() and at > self.ticket.created_at else at

    def in_one_go(self) -> Iterator[list[TicketEvent | DerivedEvent | int]]:
        """Yield what happened, in order; what one hand changes in one audit, each property once, is one thing.

        What another ticket causes, and then what turns, comes after what happened to the ticket in the same second.
        """
        created_at = self.ticket.created_at
        turns = [at for at in self.rules.turns() if created_at < at <= self.as_of]
        merges = [each for each in self.history.derived if each.kind == "merged_in" and each.at <= self.as_of]
        going: list[TicketEvent | DerivedEvent | int] = []
        for thing in sorted([*self.heard, *merges, *turns], key=lambda thing: (when(thing), isinstance(thing, int))):
            if going and not belongs(thing, going):
                yield going
                going = []
            going.append(thing)
        if going:
            yield going

    def counts_for_nothing(self, derived: DerivedEvent) -> bool:
        """Tell whether a ticket merged into this one asks nothing: an agent's, one left out, or one answered."""
        cause, meanings = derived.cause, self.rules.body("meanings", derived.at)
        tags = (*meanings.get("excluded_tags", ()), "helpdesk-kpi")
        by_rule = any(tag in tags for tag in cause.tags) or cause.form_id in meanings.get("excluded_forms", ())
        useless = by_rule or self.is_outbound(cause, derived.at) or self.was_answered(derived)
        return derived.at < self.ticket.created_at or useless

    def is_outbound(self, ticket: TicketSnapshot, at: int) -> bool:
        """Tell whether an agent opened another ticket for its requester, not to write down a call."""
        opener = ticket.submitter_id
        by_agent = opener not in (None, ticket.requester_id) and self.works_on(ticket, opener, at)
        return by_agent and ticket.channel not in ("phone", "voice")

    def was_answered(self, merged: DerivedEvent) -> bool:
        """Tell whether an agent had the last word on a ticket that was merged in; what machines say is none."""
        people = [who for who in merged.spoken if not self.rules.is_bot(who, merged.at)]
        last = people[-1] if people else merged.cause.requester_id
        return last != merged.cause.requester_id and self.works_on(merged.cause, last, merged.at)

    def works_on(self, ticket: TicketSnapshot, actor: str, at: int) -> bool:
        """Tell whether somebody works tickets, or did before anybody looked, as who has this one."""
        if not self.rules.body("agent", at, actor) and not self.rules.is_bot(actor, at):
            return actor == ticket.assignee_id
        return self.rules.is_human_agent(actor, at)

    def apply(self, event: TicketEvent, values: dict[str, str | None]) -> None:
        """Note a change; a status and the custom status that comes with it in one audit change at once.

        A status that changes alone leaves the custom status behind.
        """
        if event.kind != "changed" or event.field is None:
            return
        if event.field not in STATUS_FIELDS:
            values[event.field] = event.new
            return
        audit = [each for each in self.heard if (each.order, each.at, each.kind) == (event.order, event.at, "changed")]
        changed = {each.field: each.new for each in audit if each.field in STATUS_FIELDS}
        values |= {"custom_status": None} | changed if "status" in changed else changed

    def meaning(self, values: Values, at: int) -> str:
        return self.rules.meaning(values["status"], values["custom_status"], at)

    def kind_of(self, event: TicketEvent, values: Values) -> str:
        if event.kind == "changed":
            return "change"
        if event.kind != "commented" or event is self.opening:
            return "nothing"
        if not event.public and not event.automatic and self.is_by_hand(event, values):
            return "note"
        return self.voice(event, values)

    def voice(self, event: TicketEvent, values: Values) -> str:
        """Return who speaks publicly in a comment: agent, customer, or nothing that counts."""
        if event.kind != "commented" or not event.public or event.automatic or event.actor_id is None:
            return "nothing"
        if event.actor_id == values["requester"]:
            return "customer"
        if self.rules.is_bot(event.actor_id, event.at):
            return "nothing"
        return "agent" if self.works(event.actor_id, event.at) else "customer"

    def works(self, actor: str, at: int) -> bool:
        if not self.rules.body("agent", at, actor) and actor in self.held_it:
            return not self.rules.is_bot(actor, at)  # an agent who left before anybody looked
        return self.rules.is_human_agent(actor, at)

    def is_by_hand(self, event: TicketEvent, values: Values) -> bool:
        """Tell whether a person who works tickets did it, in no customer's role."""
        if event.automatic or event.actor_id is None or event.kind not in ("commented", "changed"):
            return False
        return event.actor_id != values["requester"] and self.works(event.actor_id, event.at)

    @property
    def opened_by(self) -> str:
        """Who spoke publicly in the opening: agent, customer or nothing."""
        return "nothing" if self.opening is None else self.voice(self.opening, self.moments[0].values)

    @property
    def opened_by_agent(self) -> bool:
        """Whether a person who works tickets wrote the opening, or opened the ticket in silence."""
        if self.opening is not None:
            return self.is_by_hand(self.opening, self.moments[0].values)
        submitter = self.ticket.submitter_id
        requester = self.moments[0].values["requester"]
        return submitter is not None and submitter != requester and self.works(submitter, self.ticket.created_at)

    def moment_at(self, instant: int) -> Moment:
        return [moment for moment in self.moments if moment.at <= instant][-1]

    def values_at(self, instant: int) -> Values:
        return self.moment_at(instant).values

    def stretches(self, first: int = 0, last: int | None = None) -> list[Stretch]:
        ends = [moment.at for moment in self.moments[1:]] + [self.as_of]
        both = list(zip(self.moments, ends, strict=True))[first:last]
        return [Stretch(m.at, end, m.values, m.meaning, m.done, m.ruled_at) for m, end in both]

    def team(self, agent: str | None, at: int) -> str | None:
        return self.rules.team(agent, self.values_at(at)["group"], at)

    def reads(self, meaning: str, values: Values, at: int) -> str | None:
        fields = {key.removeprefix("field:"): value for key, value in values.items() if key.startswith("field:")}
        return self.rules.reads(meaning, at, fields, (values["tags"] or "").split())

    def clocks(self, moment: "Moment | Stretch") -> Mapping[str, Body]:
        """Return the clocks that the policies in force then have for the ticket as it was."""
        since = moment.at if isinstance(moment, Moment) else moment.start
        return self.rules.clocks(
            moment.ruled_at, lambda subject: self.words(subject, moment.values, since, moment.ruled_at)
        )

    def words(self, subject: str, values: Values, at: int, ruled_at: int) -> list[str]:
        """Return what a condition finds: all tags, a group's id and name, or the one word there is.

        What fields mean goes with the policies that ask: both hold from after all that happened in their second.
        """
        if subject == "tag":
            return (values["tags"] or "").split()
        if subject == "group":
            found = [values["group"], self.rules.body("group", at, values["group"] or "").get("name")]
        elif subject == "channel":
            found = [self.ticket.channel]
        else:
            found = [values[subject]] if subject in ("priority", "form") else [self.says(subject, values, ruled_at)]
        return [word for word in found if word is not None]

    def says(self, meaning: str, values: Values, at: int) -> str | None:
        """Return what a meaning is called: the tag's own name or the field's value, renamed."""
        carrier = self.rules.body("meanings", at).get("fields", {}).get(meaning, {})
        tagged = carrier.get("tag") is not None and carrier["tag"] in (values["tags"] or "").split()
        word = carrier["tag"] if tagged else values.get(f"field:{carrier.get('field')}")
        return carrier["values"].get(word, word) if word else None

    def solves(self) -> list[int]:
        """Return the places of the moments that solved the ticket; one solved before we looked is no solve."""
        pairs = enumerate(zip([None, *self.moments], self.moments, strict=False))
        found = [place for place, (before, now) in pairs if now.done and not (before is not None and before.done)]
        return found if self.whole else [place for place in found if place > 0]

    def last_solve(self) -> int | None:
        """Return the place of the solve that stands; None if the ticket is unsolved or was solved before we looked."""
        solves = self.solves()
        return solves[-1] if self.moments[-1].done and solves else None

    def reopens(self) -> list[int]:
        pairs = enumerate(zip(self.moments, self.moments[1:], strict=False), start=1)
        return [place for place, (before, now) in pairs if before.done and not now.done and now.what != "rule"]


def belongs(thing: object, going: Sequence[object]) -> bool:
    """Tell whether a change is of the same hand and audit as those before it, and of another property."""
    first = going[0]
    if not isinstance(thing, TicketEvent) or not isinstance(first, TicketEvent):
        return False
    hands = {(each.at, each.order, each.actor_id, each.automatic, each.kind) for each in (first, thing)}
    return len(hands) == 1 and thing.kind == "changed" and all(thing.field != each.field for each in going)


def when(thing: TicketEvent | DerivedEvent | int) -> int:
    return thing if isinstance(thing, int) else thing.at
