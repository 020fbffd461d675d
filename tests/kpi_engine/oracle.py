# ruff: noqa: D101, D102 -- a method here is a sentence of the rules; its name says it
"""The naive oracle: a ticket's answers worked out from raw events by the words of the rules, slowly and simply.

It shares nothing with the engine but the records. Rules are the plain documents that editions hold, each given as
(kind, key, valid_from, body). Business time is counted minute by minute, by asking a clock on the wall.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kpi_engine.history import History
from kpi_engine.records import TicketEvent

Body = Mapping[str, object]
PlainEdition = tuple[str, str, int | None, Body]
DONE = ("solved", "closed")
SECONDS = {"h": 3600, "m": 60, "s": 1, "d": 86_400}
FAR = 90 * 86_400  # how far ahead a due time is looked for


# --- Business time ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=5000)
def open_minutes(spelled: str, day: int) -> bytes:
    """Return one byte for each minute of a UTC day, counted from 1970-01-01: 1 where it is worked."""
    calendar = json.loads(spelled)
    zone = ZoneInfo(calendar["zone"])
    midnight = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
    walls = ((midnight + timedelta(minutes=minute)).astimezone(zone) for minute in range(1440))
    return bytes(is_worked(calendar, wall.date(), wall.hour * 60 + wall.minute) for wall in walls)


def is_worked(calendar: Mapping[str, object], day: date, minute: int) -> bool:
    yesterday = day - timedelta(days=1)
    return any(first <= minute < last for first, last in spans_of(calendar, day)) or any(
        first <= minute + 1440 < last for first, last in spans_of(calendar, yesterday)
    )


def spans_of(calendar: Mapping[str, object], day: date) -> Sequence[Sequence[int]]:
    text = day.isoformat()
    if text in calendar["overrides"]:
        return calendar["overrides"][text]
    if any(first <= text <= last for first, last in calendar["holidays"]):
        return ()
    return calendar["week"][day.weekday()]


def is_open(spelled: str, minute: int) -> bool:
    return bool(open_minutes(spelled, minute // 1440)[minute % 1440])


def worked(spelled: str | None, start: int, end: int) -> int:
    """Return the worked seconds of [start, end); no calendar: all of them."""
    if spelled is None or end <= start:
        return max(0, end - start)
    first, last = start // 60, (end - 1) // 60
    if first == last:
        return (end - start) * is_open(spelled, first)
    ends = (60 * (first + 1) - start) * is_open(spelled, first) + (end - 60 * last) * is_open(spelled, last)
    return ends + 60 * sum(is_open(spelled, minute) for minute in range(first + 1, last))


def earliest(spelled: str | None, start: int, seconds: int, limit: int) -> int | None:
    """Return the earliest instant from `start` by which `seconds` were worked, None if not by `limit`."""
    at = start
    while seconds > 0 and at < limit:
        end = min((at // 60 + 1) * 60, limit)
        if spelled is None or is_open(spelled, at // 60):
            end = min(end, at + seconds)
            seconds -= end - at
        at = end
    return None if seconds > 0 else at


# --- Rules --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rules:
    editions: tuple[PlainEdition, ...]

    def body(self, kind: str, at: int, key: str = "") -> Body:
        """Return the body in force: the first edition holds from the beginning, a later one from its own instant."""
        line = [edition for edition in self.editions if edition[:2] == (kind, key)]
        found: Body = {}
        for position, (_, _, valid_from, body) in enumerate(line):
            if position == 0 or (valid_from or 0) <= at:
                found = body
        return found

    def turns(self) -> list[int]:
        kinds = ("policies", "calendar", "calendar_choice", "organization", "meanings")
        seen: set[tuple[str, str]] = set()
        turns = set()
        for kind, key, valid_from, _ in self.editions:
            if kind in kinds and (kind, key) in seen:
                turns.add(valid_from or 0)
            seen.add((kind, key))
        return sorted(turns)

    def meaning(self, word: str | None, at: int) -> str:
        return self.body("meanings", at).get("statuses", {}).get(word, "unknown")

    def is_bot(self, actor: str, at: int) -> bool:
        return bool(self.body("agent", at, actor).get("bot")) or actor in self.body("meanings", at).get("bots", ())

    def is_human_agent(self, actor: str, at: int) -> bool:
        return self.body("agent", at, actor).get("role") in ("agent", "admin") and not self.is_bot(actor, at)

    def team(self, agent: str | None, group: str | None, at: int) -> str | None:
        configured = self.body("organization", at).get("team_of", {}).get(agent)
        return configured or (f"group:{group}" if group else None)

    def calendar(self, values: Mapping[str, str | None], at: int) -> tuple[str | None, bool]:
        """Return the calendar written out (None: calendar time) and whether it is a guess."""
        choice = self.body("calendar_choice", at)
        by_group = choice.get("by_group", {}).get(values["group"])
        by_brand = choice.get("by_brand", {}).get(values["brand"])
        known = {key for kind, key, _, _ in self.editions if kind == "calendar"}
        for key in (values["schedule"], by_group, by_brand, choice.get("default")):
            if key in known:
                return json.dumps(self.body("calendar", at, key), sort_keys=True), False
        assumed = choice.get("assumed")
        return (json.dumps(self.body("calendar", at, assumed), sort_keys=True), True) if assumed else (None, False)

    def clocks(self, at: int) -> Mapping[str, Body]:
        policies = self.body("policies", at).get("policies", ())
        return {clock["id"]: clock for clock in policies[0]["clocks"]} if policies else {}

    def steps(self, clock: str, at: int) -> list[tuple[int, int]]:
        """Return (seconds after breach, level)."""
        found = [
            (seconds(step["after"]), step["level"])
            for escalation in self.body("policies", at).get("escalations", ())
            if escalation["on"]["clock"] == clock
            for step in escalation["steps"]
        ]
        return sorted(found)


def seconds(text: str) -> int:
    return sum(int(count) * SECONDS[unit] for count, unit in re.findall(r"(\d+)([hmsd])", text))


def goal_of(rule: Body, priority: str | None) -> int | None:
    goals = rule["goal"]
    said = goals.get(priority or "default")
    said = goals.get(said, said)
    return None if said is None else seconds(said)


def is_business(rule: Body, priority: str | None) -> bool:
    time = rule.get("time", "business")
    if isinstance(time, Mapping):
        time = time.get(priority or "default", time.get("default", "business"))
    return time == "business"


# --- What happened, moment by moment ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    at: int
    what: str  # opening, change, rule, agent, customer
    actor: str | None
    values: Mapping[str, str | None]
    done: bool  # solved or closed; a deleted ticket is what it was


@dataclass(frozen=True)
class Stretch:
    """The time between two moments."""

    start: int
    end: int
    values: Mapping[str, str | None]
    done: bool


class Told:
    def __init__(self, history: History, editions: Sequence[PlainEdition], as_of: int) -> None:
        self.history = history
        self.ticket = history.latest
        self.rules = Rules(tuple(editions))
        self.as_of = as_of
        self.heard = [event for event in history.events if event.at <= as_of]
        self.creation = next((event.order for event in self.heard if event.kind == "opened_with"), None)
        self.whole = self.creation is not None or self.ticket.created_at >= history.known_from
        comments = [event for event in self.heard if event.kind == "commented"]
        first = comments[0] if comments else None
        opens = first is not None and (first.at <= self.ticket.created_at or first.order == self.creation)
        self.opening = first if opens else None
        self.moments = list(self._moments())

    def excluded(self) -> bool:
        meanings, tags = self.rules.body("meanings", self.as_of), self.ticket.tags
        return (
            self.ticket.created_at > self.as_of
            or self.history.own
            or self.rules.meaning(self.ticket.status, self.as_of) == "deleted"
            or "closed_by_merge" in tags
            or "helpdesk-kpi" in tags
            or any(tag in meanings.get("excluded_tags", ()) for tag in tags)
            or self.ticket.form_id in meanings.get("excluded_forms", ())
        )

    def opening_values(self) -> dict[str, str | None]:
        ticket, heard_of = self.ticket, self.creation is not None
        values = {
            "status": ticket.status,
            "assignee": None if heard_of else ticket.assignee_id,
            "group": None if heard_of else ticket.group_id,
            "priority": None if heard_of else ticket.priority,
            "brand": ticket.brand_id,
            "schedule": None,
        }
        for field in values:
            told = [event for event in self.history.events if event.field == field]
            if told:
                values[field] = told[0].new if told[0].kind == "opened_with" else told[0].old
        return values

    def _moments(self) -> Iterator[Moment]:
        created_at, values = self.ticket.created_at, self.opening_values()
        done = self.meaning(values, created_at) in DONE
        yield Moment(created_at, "opening", None, dict(values), done)
        turns: list[TicketEvent | int] = [at for at in self.rules.turns() if created_at < at <= self.as_of]
        things = sorted([*self.heard, *turns], key=lambda thing: (when(thing), isinstance(thing, int)))
        for thing in things:
            at, what, actor = when(thing), "rule", None
            if not isinstance(thing, int):
                actor, what = thing.actor_id, self.kind_of(thing)
                if thing.kind == "changed" and thing.field in values:
                    values[thing.field], what = thing.new, "change"
            meaning = self.meaning(values, at)
            done = done if meaning == "deleted" else meaning in DONE
            if what != "nothing":
                yield Moment(at, what, actor, dict(values), done)

    def meaning(self, values: Mapping[str, str | None], at: int) -> str:
        return self.rules.meaning(values["status"], at)

    def kind_of(self, event: TicketEvent) -> str:
        return "nothing" if event is self.opening else self.voice(event)

    def voice(self, event: TicketEvent) -> str:
        """Return who speaks publicly in a comment: agent, customer, or nothing that counts."""
        if event.kind != "commented" or not event.public or event.automatic or event.actor_id is None:
            return "nothing"
        if event.actor_id == self.ticket.requester_id:
            return "customer"
        if self.rules.is_bot(event.actor_id, event.at):
            return "nothing"
        known = self.rules.body("agent", event.at, event.actor_id)
        had_it = {self.ticket.assignee_id}
        for each in self.history.events:
            had_it |= {each.old, each.new} if each.field == "assignee" else set()
        if not known and event.actor_id in had_it:  # an agent who left before anybody looked
            return "agent"
        return "agent" if self.rules.is_human_agent(event.actor_id, event.at) else "customer"

    def values_at(self, instant: int) -> Mapping[str, str | None]:
        return [moment for moment in self.moments if moment.at <= instant][-1].values

    def stretches(self, first: int = 0, last: int | None = None) -> list[Stretch]:
        ends = [moment.at for moment in self.moments[1:]] + [self.as_of]
        both = list(zip(self.moments, ends, strict=True))[first:last]
        return [Stretch(moment.at, end, moment.values, moment.done) for moment, end in both]

    def team(self, agent: str | None, at: int) -> str | None:
        return self.rules.team(agent, self.values_at(at)["group"], at)


def when(thing: TicketEvent | int) -> int:
    return thing if isinstance(thing, int) else thing.at


# --- Clocks -------------------------------------------------------------------------------------------------------


@dataclass
class Verdict:
    clock: str
    instance: int
    started_at: int
    stopped_at: int | None = None
    goal: int | None = None
    elapsed: int = 0
    due_at: int | None = None
    breached_at: int | None = None
    state: str = ""
    paused: bool = False
    agent: str | None = None
    team: str | None = None
    assumed: bool = False

    def answer(self) -> tuple[object, ...]:
        return tuple(vars(self).values())  # the fields in their order


@dataclass
class Judge:
    """Walks the stretches of one clock instance."""

    told: Told
    verdict: Verdict

    def __post_init__(self) -> None:
        self.fired: list[tuple[str, int, int]] = []
        self.shares: dict[str | None, int] = {}
        self.late_from = 0  # the elapsed seconds from which escalation steps count

    def rule(self, at: int) -> Body:
        return self.told.rules.clocks(at)[self.verdict.clock]

    def is_running(self, stretch: Stretch) -> bool:
        meaning = self.told.meaning(stretch.values, stretch.start)
        return not stretch.done and meaning != "deleted" and meaning not in self.rule(stretch.start)["pause_in"]

    def calendar(self, stretch: Stretch) -> tuple[str | None, bool]:
        if not is_business(self.rule(stretch.start), stretch.values["priority"]):
            return None, False
        return self.told.rules.calendar(stretch.values, stretch.start)

    def walk(self, stretches: Sequence[Stretch]) -> None:
        verdict = self.verdict
        for stretch in stretches:
            if verdict.breached_at is None and not stretch.done:
                verdict.goal = goal_of(self.rule(stretch.start), stretch.values["priority"])
            if self.is_running(stretch):
                spelled, assumed = self.calendar(stretch)
                if verdict.breached_at is None:
                    verdict.assumed |= assumed and stretch.start < stretch.end
                self.fall_due(stretch)
                verdict.elapsed += worked(spelled, stretch.start, stretch.end)

    def fall_due(self, stretch: Stretch) -> None:
        spelled, _ = self.calendar(stretch)
        before_breach = stretch.end
        was_late = self.verdict.breached_at is not None
        while (following := self.next_step(stretch)) is not None:
            name, level, threshold = following
            missing = max(0, threshold - self.verdict.elapsed)
            at = earliest(spelled, stretch.start, missing, stretch.end)
            if at is None or at >= stretch.end:
                break
            self.fired.append((name, level, at))
            if name == "breach":
                before_breach = self.verdict.breached_at = at
                self.late_from = max(self.verdict.goal or 0, self.verdict.elapsed)
        if not was_late:
            agent = stretch.values["assignee"]
            self.shares[agent] = self.shares.get(agent, 0) + worked(spelled, stretch.start, before_breach)

    def next_step(self, stretch: Stretch) -> tuple[str, int, int] | None:
        done = {name for name, _, _ in self.fired}
        steps: list[tuple[str, int, int]] = []
        if self.verdict.breached_at is not None:
            found = self.told.rules.steps(self.verdict.clock, stretch.start)
            steps = [(f"escalation:{level}", level, self.late_from + after) for after, level in found]
        elif self.verdict.goal is not None:
            per_cents = sorted(int(word.rstrip("%")) for word in self.rule(stretch.start).get("warn", ()))
            steps = [(f"warn:{per_cent}%", 0, self.verdict.goal * per_cent // 100) for per_cent in per_cents]
            steps.append(("breach", 0, self.verdict.goal))
        return next((step for step in steps if step[0] not in done), None)

    def charge(self) -> None:
        """Charge the holder at breach from 10 % of the goal, else the largest share from 50 %, else the team."""
        verdict = self.verdict
        if verdict.breached_at is None or verdict.goal is None:
            return
        holder = self.told.values_at(verdict.breached_at)["assignee"]
        if holder is not None and self.shares.get(holder, 0) >= verdict.goal / 10:
            verdict.agent = holder
        else:
            share, longest = max((share, agent or "") for agent, share in self.shares.items())
            verdict.agent = longest or None if share >= verdict.goal / 2 else None
        verdict.team = self.told.team(verdict.agent, verdict.breached_at)

    def conclude(self, ended_at: int | None, stretches: Sequence[Stretch]) -> None:
        verdict, last = self.verdict, stretches[-1] if stretches else None
        running = last is not None and ended_at is None and self.is_running(last)
        verdict.stopped_at = ended_at if ended_at is not None or last is None else solved_since(stretches)
        verdict.paused = verdict.stopped_at is None and not running
        if verdict.breached_at is not None:
            verdict.state = "breached_open" if verdict.stopped_at is None else "breached_closed"
        elif verdict.goal is None:
            verdict.state = "void"
        elif verdict.stopped_at is not None:
            verdict.state = "met" if ended_at is not None else "void"
        else:
            verdict.state = "running" if running else "paused"
        if running and verdict.goal is not None:
            verdict.due_at = verdict.breached_at or self.due(stretches)

    def due(self, stretches: Sequence[Stretch]) -> int | None:
        last = stretches[-1]
        spelled, _ = self.calendar(last)
        before = self.verdict.elapsed - worked(spelled, last.start, last.end)
        return earliest(spelled, last.start, max(0, self.verdict.goal - before), last.start + FAR)


def solved_since(stretches: Sequence[Stretch]) -> int | None:
    since = None
    for stretch in stretches:
        since = (stretch.start if since is None else since) if stretch.done else None
    return since


def episodes(told: Told, clock: str) -> Iterator[tuple[int, int | None]]:
    """Yield (first moment, ending moment) of each instance of a clock."""
    rule = told.rules.clocks(told.as_of)[clock]
    if "agent_public_reply" in rule["stop"]:
        yield from reply_episode(told)
        return
    start: int | None = 0
    while start is not None:
        end = next((i for i in range(start, len(told.moments)) if told.moments[i].done), None)
        yield start, end
        again = end is not None and rule.get("rearm") == "on_reopen"
        start = next((i for i in range(end, len(told.moments)) if not told.moments[i].done), None) if again else None


def reply_episode(told: Told) -> Iterator[tuple[int, int | None]]:
    """Yield the one instance: from the opening, or the customer's first message where an agent opened it publicly."""
    start: int | None = 0
    if told.opening is not None and told.voice(told.opening) == "agent":
        start = next((i for i, moment in enumerate(told.moments) if moment.what == "customer"), None)
    if start is not None:
        later = range(start, len(told.moments))
        yield start, next((i for i in later if told.moments[i].what == "agent"), None)


def judged(told: Told) -> list[Judge]:
    judges = []
    for clock in told.rules.clocks(told.as_of) if told.whole else ():
        for number, (start, end) in enumerate(episodes(told, clock), start=1):
            judge = Judge(told, Verdict(clock, number, told.moments[start].at))
            stretches = told.stretches(start, end)
            judge.walk(stretches)
            judge.charge()
            judge.conclude(None if end is None else told.moments[end].at, stretches)
            if judge.verdict.goal is not None or judge.fired:
                judges.append(judge)
    return judges


# --- Answers ------------------------------------------------------------------------------------------------------


@dataclass
class Answers:
    lines: list[tuple[object, ...]]  # indicator, part, agent, team, priority, at, numerator, denominator, assumed
    clocks: list[tuple[object, ...]]
    firings: list[tuple[object, ...]]
    live: dict[str, object]


def answers(history: History, editions: Sequence[PlainEdition], as_of: int) -> Answers | None:
    """Return a ticket's answers, None where it is excluded or not yet there."""
    told = Told(history, editions, as_of)
    if told.excluded():
        return None
    judges = judged(told)
    lines = [*volume(told), *responsiveness(told), *resolution(told), *overdue(told, judges), *voice(told)]
    clocks = [judge.verdict.answer() for judge in judges]
    return Answers(sorted(lines, key=repr), clocks, [*firings(told, judges)], live(judges, lines))


def backlog(history: History, editions: Sequence[PlainEdition], as_of: int, instant: int) -> tuple[object, ...] | None:
    """Return (agent, team, status, priority) of the ticket at a past instant, None where it was not in the backlog."""
    told = Told(history, editions, as_of)
    if told.excluded() or instant < told.ticket.created_at:
        return None
    last = [moment for moment in told.moments if moment.at <= instant][-1]
    status = told.meaning(last.values, last.at)
    if status in (*DONE, "deleted"):
        return None
    agent = last.values["assignee"]
    return agent, told.rules.team(agent, last.values["group"], last.at), status, last.values["priority"]


Line = tuple[object, ...]


def line(told: Told, indicator: str, at: int, agent: str | None, **more: object) -> Line:
    what = {"part": None, "team": told.team(agent, at), "fraction": (1, 1), "assumed": False, **more}
    priority = told.values_at(at)["priority"]
    return indicator, what["part"], agent, what["team"], priority, at, *what["fraction"], what["assumed"]


def time_lines(told: Told, indicator: str, at: int, agent: str | None) -> Iterator[Line]:
    """Yield the business time from creation to `at` and its twin in calendar time; time in the bin does not count."""
    business, calendar, assumed = 0, 0, False
    for stretch in told.stretches():
        end = min(stretch.end, at)
        if stretch.start < end and told.meaning(stretch.values, stretch.start) != "deleted":
            spelled, guessed = told.rules.calendar(stretch.values, stretch.start)
            business += worked(spelled, stretch.start, end)
            calendar += end - stretch.start
            assumed |= guessed
    yield line(told, indicator, at, agent, fraction=(business, 1), assumed=assumed)
    yield line(told, f"{indicator}_calendar", at, agent, fraction=(calendar, 1))


def volume(told: Told) -> Iterator[Line]:
    holders = [moment.values["assignee"] for moment in told.moments]
    yield line(told, "created", told.ticket.created_at, next((agent for agent in holders if agent), None))
    if (solved_at := last_solve(told)) is not None:
        yield line(told, "solved", solved_at, told.values_at(solved_at)["assignee"])


def last_solve(told: Told) -> int | None:
    """Return the instant since which the ticket is solved; None if it is not, or was so before we looked."""
    if not told.moments[-1].done:
        return None
    since = len(told.moments) - 1
    while since > 0 and told.moments[since - 1].done:
        since -= 1
    return None if since == 0 and not told.whole else told.moments[since].at


def responsiveness(told: Told) -> Iterator[Line]:
    replies = [moment for moment in told.moments if moment.what == "agent"]
    if replies and told.whole:
        yield from time_lines(told, "first_reply", replies[0].at, replies[0].actor)


def resolution(told: Told) -> Iterator[Line]:
    if (solved_at := last_solve(told)) is not None:
        yield from time_lines(told, "full_resolution", solved_at, told.values_at(solved_at)["assignee"])


def overdue(told: Told, judges: Sequence[Judge]) -> Iterator[Line]:
    counted = set()
    for verdict in (judge.verdict for judge in judges):
        if verdict.breached_at is not None and verdict.clock not in counted:
            counted.add(verdict.clock)
            more = {"part": verdict.clock, "team": verdict.team, "assumed": verdict.assumed}
            yield line(told, "overdue_count", verdict.breached_at, verdict.agent, **more)


def voice(told: Told) -> Iterator[Line]:
    heard = sorted((r for r in told.history.ratings if r.at <= told.as_of), key=lambda r: (r.at, r.version))
    if heard and heard[-1].category is not None:
        agent = heard[-1].agent_id or told.values_at(heard[-1].at)["assignee"]
        good = int(heard[-1].category == "good")
        yield line(told, "satisfaction_rate", heard[-1].at, agent, fraction=(good, 1))


def firings(told: Told, judges: Sequence[Judge]) -> Iterator[tuple[object, ...]]:
    for judge in judges:
        verdict = judge.verdict
        for step, level, at in judge.fired:
            agent, team = verdict.agent, verdict.team
            if step.startswith("warn"):
                agent = told.values_at(at)["assignee"]
                team = told.team(agent, at)
            yield verdict.clock, verdict.instance, step, level, at, agent, team


def live(judges: Sequence[Judge], lines: Sequence[Line]) -> dict[str, object]:
    due = [judge.verdict.due_at for judge in judges if judge.verdict.due_at is not None]
    over = [judge for judge in judges if judge.verdict.state == "breached_open"]
    levels = [level for judge in over for _, level, _ in judge.fired]
    taken = {line[0]: line[6] for line in lines}
    return {
        "due_at": min(due) // 60 * 60 if due else None,
        "overdue": bool(over),
        "overdue_clock": ",".join(judge.verdict.clock for judge in over) or None,
        "escalation_level": (max(levels) or None) if levels else None,
        "first_reply_minutes": whole_minutes(taken.get("first_reply")),
        "resolution_minutes": whole_minutes(taken.get("full_resolution")),
    }


def whole_minutes(taken: int | None) -> int | None:
    return None if taken is None else taken // 60 + (taken % 60 >= 30)
