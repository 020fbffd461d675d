# ruff: noqa: D102 -- the names of these few methods say all there is
"""Timelines in local time and the histories they tell; the rules they are read by; and both made up at random."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from kpi_engine.editions import Edition, digest_of
from kpi_engine.history import History
from kpi_engine.measure import measure
from kpi_engine.measurement import Certainty, Clock, CreditLine, Measurement
from kpi_engine.records import EventKind, Rating, TicketEvent, TicketSnapshot
from kpi_engine.rulebook import Rulebook, compiled

VIETNAM = "Asia/Ho_Chi_Minh"
Body = Mapping[str, object]


def moment(text: str, zone: str = VIETNAM) -> int:
    """Return the instant of "06-07 09:15" or "06-07 09:15:01" (of 2025) in local time."""
    return int(datetime.fromisoformat(f"2025-{text}").replace(tzinfo=ZoneInfo(zone)).timestamp())


def told(at: int | None, zone: str = VIETNAM) -> str | None:
    """Return an instant in the words of a timeline."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%m-%d %H:%M:%S").removesuffix(":00")


# --- Rules as the editions write them -----------------------------------------------------------------------------

LUNCH = [[480, 720], [810, 1050]]
NINE_TO_FIVE = [[540, 1020]]
STATUSES = {word: word for word in ("new", "open", "pending", "hold", "solved", "closed", "deleted")}


def calendar(zone: str, week: Sequence[object], **more: object) -> dict[str, object]:
    return {"name": zone, "zone": zone, "week": week, "holidays": [], "overrides": {}, "created_at": 5, **more}


VN = calendar(VIETNAM, [LUNCH] * 5 + [[[480, 720]], []])
NEW_YORK = calendar("America/New_York", [NINE_TO_FIVE] * 5 + [[], []])
BERLIN_NIGHTS = calendar("Europe/Berlin", [[[1320, 1800]]] * 7)
LORD_HOWE = calendar("Australia/Lord_Howe", [[[60, 200], [600, 960]]] * 7)
ROUND_THE_CLOCK = calendar("UTC", [[[0, 1440]]] * 7)
HOLIDAYS = calendar(
    VIETNAM,
    [LUNCH] * 5 + [[], []],
    holidays=[["2025-04-30", "2025-05-01"], ["2025-09-01", "2025-09-02"]],
    overrides={"2025-05-01": [[480, 540]], "2025-05-04": [[600, 615], [615, 700]]},
)


def clock(name: str, goal: object, **more: object) -> dict[str, object]:
    goals = goal if isinstance(goal, Mapping) else {"default": goal}
    return {"id": name, "goal": goals, "start": "created", "pause_in": [], "rearm": "never", **more}


def first_reply(goal: object, **more: object) -> dict[str, object]:
    return clock("first_reply", goal, stop=["agent_public_reply"], **more)


def resolution(goal: object, **more: object) -> dict[str, object]:
    return clock("resolution", goal, **{"stop": ["solved"], "pause_in": ["pending", "hold"], **more})


def escalating(name: str, *steps: tuple[int, str]) -> dict[str, object]:
    documents = [{"level": level, "at": "breach", "after": after} for level, after in steps]
    return {"on": {"clock": name}, "steps": documents}


def policy(*clocks: Body, escalations: Sequence[Body] = ()) -> dict[str, object]:
    return {
        "version": 1,
        "policies": [{"id": "care", "calendar": "ticket", "clocks": list(clocks)}],
        "escalations": list(escalations),
    }


def edition(kind: str, body: Body, key: str = "", since: int | None = None) -> Edition:
    return Edition(kind, key, since, digest_of(body), body)


def agent(name: str, since: int | None = None, *, role: str = "agent", bot: bool = False) -> Edition:
    return edition("agent", {"name": name.title(), "email": None, "role": role, "bot": bot}, name, since)


PEOPLE = (agent("an"), agent("binh", role="admin"), agent("chi"), agent("robot", bot=True))
MEANINGS: Body = {
    "statuses": STATUSES,
    "excluded_tags": ["internal"],
    "excluded_forms": ["77"],
    "bots": ["script"],
}
USUAL = (
    edition("meanings", MEANINGS),
    edition("calendar_choice", {"by_group": {}, "by_brand": {}, "default": "vn"}),
    edition("calendar", VN, "vn"),
    *PEOPLE,
)


# --- Timelines ----------------------------------------------------------------------------------------------------

_LINE = re.compile(r"^\s*(\d\d-\d\d \d\d:\d\d(?::\d\d)?) (.+?)\s*$", re.MULTILINE)
_FIELDS = ("status", "assignee", "group", "priority", "brand", "schedule")


@dataclass
class Teller:
    """Turns the clauses of a timeline into records, one audit a line."""

    values: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(_FIELDS))
    events: list[TicketEvent] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    created_at: int = 0
    requester: str = "customer"
    order: int = 0

    def tell(self, at: int, clauses: Iterable[str]) -> None:
        self.order += 1
        for clause in clauses:
            self.clause(at, clause.split())

    def clause(self, at: int, words: list[str]) -> None:
        if words[1] == "opens":
            self.open(at, words[0], words[2:])
        elif words[1] in ("replies", "writes", "notes"):
            self.comment(at, words[0], public=words[1] != "notes", automatic="automatically" in words)
        elif words[1] == "becomes":
            old, new = self.values[words[0]], None if words[2] == "nothing" else words[2]
            self.values[words[0]] = new
            self.event(at, EventKind.CHANGED, field=words[0], old=old, new=new)
        else:
            self.rate(at, words[2:])

    def open(self, at: int, who: str, words: list[str]) -> None:
        self.created_at = at
        said = dict(word.split("=") for word in words if "=" in word)
        self.requester = said.pop("requester", "customer")
        for name, value in {"status": "new", **said}.items():
            self.values[name] = value
            self.event(at, EventKind.OPENED_WITH, field=name, new=value)
        if "silently" not in words:
            self.comment(at, who, public="privately" not in words, automatic="automatically" in words)

    def comment(self, at: int, who: str, *, public: bool, automatic: bool) -> None:
        self.event(at, EventKind.COMMENTED, actor=None if who == "system" else who, public=public, automatic=automatic)

    def rate(self, at: int, words: list[str]) -> None:
        """Keep the verdict of "customer rated good", "… bad for an" or "… nothing", which withdraws it."""
        category = None if words[0] == "nothing" else words[0]
        by = words[-1] if "for" in words else None
        self.ratings.append(
            Rating(
                ticket_id="1", rating_id="r", at=at, version=len(self.ratings), category=category, score=None,
                scale=None, agent_id=by, group_id=None,
            )
        )  # fmt: skip

    def event(self, at: int, kind: EventKind, actor: str | None = "an", **more: object) -> None:
        position = len(self.events)
        self.events.append(
            TicketEvent(
                ticket_id="1", event_id=f"e{position}", at=at, order=self.order, position=position, kind=kind,
                actor_id=actor, **{"automatic": False, **more},
            )
        )  # fmt: skip

    def snapshot(self) -> TicketSnapshot:
        values = self.values
        return TicketSnapshot(
            ticket_id="1", version=1, created_at=self.created_at, updated_at=self.created_at,
            status=values["status"] or "new", priority=values["priority"], assignee_id=values["assignee"],
            group_id=values["group"], requester_id=self.requester, submitter_id=None, brand_id=values["brand"],
            form_id=None, channel="web", tags=(),
        )  # fmt: skip

    def history(self) -> History:
        return History(
            account="acme", ticket_id="1", snapshots=(self.snapshot(),), events=tuple(self.events),
            ratings=tuple(self.ratings),
        )  # fmt: skip


def history(timeline: str, zone: str = VIETNAM) -> History:
    """Return the history that lines such as "06-06 16:45 customer opens priority=high" tell."""
    teller = Teller()
    for at, clauses in _LINE.findall(timeline):
        teller.tell(moment(at, zone), clauses.split(", "))
    return teller.history()


def cut(whole: History, known_from: int) -> History:
    """Return the history as it is when nothing before `known_from` was pulled."""
    return replace(whole, known_from=known_from, events=tuple(e for e in whole.events if e.at >= known_from))


def snapshot_of(whole: History, **changes: object) -> History:
    return replace(whole, snapshots=(replace(whole.latest, **changes),))


@dataclass(frozen=True)
class Played:
    """A measured timeline, with answers in local time."""

    history: History
    rulebook: Rulebook
    measurement: Measurement
    zone: str

    def clocks(self, name: str) -> list[Clock]:
        return [clock for clock in self.measurement.clocks if clock.clock == name]

    def clock(self, name: str) -> Clock:
        """Return the latest instance."""
        return self.clocks(name)[-1]

    def told(self, at: int | None) -> str | None:
        return told(at, self.zone)

    def due(self, name: str) -> str | None:
        return self.told(self.clock(name).due_at)

    def breached(self, name: str) -> str | None:
        return self.told(self.clock(name).breached_at)

    def fired(self, name: str) -> dict[str, str | None]:
        return {firing.step: self.told(firing.at) for firing in self.measurement.firings if firing.clock == name}

    def line(self, indicator: str) -> CreditLine | None:
        """Return the only line of an indicator, None if there is none."""
        lines = [line for line in self.measurement.lines if line.indicator == indicator]
        assert len(lines) <= 1, lines
        return lines[0] if lines else None

    def held(self) -> list[tuple[object, ...]]:
        return [(h.agent, h.team, h.status, self.told(h.start), self.told(h.end)) for h in self.measurement.holdings]

    @property
    def wake(self) -> str | None:
        return self.told(self.measurement.wake_at)


def played(whole: History, editions: Sequence[Edition], as_of: int, zone: str = VIETNAM) -> Played:
    rulebook = compiled(editions)
    return Played(whole, rulebook, measure(whole, rulebook, as_of), zone)


def same_answers(measurement: Measurement) -> Measurement:
    """Return the answers without what goes on growing while a clock runs."""
    still = {"elapsed": 0, "runs": (), "certainty": Certainty.EXACT}
    clocks = tuple(replace(clock, **still) for clock in measurement.clocks)
    return replace(measurement, clocks=clocks, as_of=0, edition="", wake_at=None)


# --- Worlds made up at random -------------------------------------------------------------------------------------

CALENDARS = {
    "vn": (VN, VIETNAM, ("02-07", "06-06")),
    "york": (NEW_YORK, "America/New_York", ("03-07", "10-31")),
    "berlin": (BERLIN_NIGHTS, "Europe/Berlin", ("03-29", "10-24")),
    "howe": (LORD_HOWE, "Australia/Lord_Howe", ("04-04", "10-03")),
    "always": (ROUND_THE_CLOCK, "UTC", ("06-06", "12-30")),
    "holidays": (HOLIDAYS, VIETNAM, ("04-29", "08-29")),
}
STEPS = ((1, "0m"), (2, "30m"), (3, "4h"))
_BY_PRIORITY = {"urgent": "30m", "high": "1h", "normal": "2h", "low": "5h", "default": "normal"}
_SOME = {"urgent": "10m", "high": "1h", "normal": "2h", "low": "5h"}
_URGENT_ROUND_THE_CLOCK = {"urgent": "calendar", "default": "business"}
POLICIES = (
    policy(
        first_reply(_BY_PRIORITY, time=_URGENT_ROUND_THE_CLOCK, warn=["75%"]),
        resolution(
            {**_BY_PRIORITY, "low": "24h"}, time=_URGENT_ROUND_THE_CLOCK, rearm="on_reopen", warn=["50%", "90%"]
        ),
        escalations=[escalating("first_reply", *STEPS), escalating("resolution", *STEPS)],
    ),
    policy(
        first_reply(_SOME, warn=["75%"]),
        resolution(_SOME, pause_in=["pending"], rearm="on_reopen", time="calendar"),
        escalations=[escalating("first_reply", *STEPS), escalating("resolution", *STEPS)],
    ),
    policy(
        first_reply("1h", time="calendar", pause_in=["hold"]),
        resolution("30m", rearm="on_reopen", warn=["75%"]),
        escalations=[escalating("first_reply", *STEPS), escalating("resolution", *STEPS)],
    ),
)
GAPS = st.one_of(
    st.sampled_from((0, 0, 0, 1, 60, 599, 600, 1800, 3600, 5400, 7200, 14_400, 18_000, 61_200, 86_400)),
    st.integers(0, 2 * 86_400),
)
SPEAKERS = st.sampled_from(
    ("customer", "customer", "an", "an", "binh", "binh", "chi", "gone", "friend", "robot", "script", "system")
)
CLAUSES = st.one_of(
    st.builds("status becomes {}".format, st.sampled_from(("open", "pending", "hold", "waiting", "deleted"))),
    st.sampled_from(("status becomes solved", "status becomes closed", "status becomes open")),
    st.builds("assignee becomes {}".format, st.sampled_from(("an", "binh", "chi", "gone", "nothing"))),
    st.builds("group becomes {}".format, st.sampled_from(("1", "2", "nothing"))),
    st.builds("priority becomes {}".format, st.sampled_from(("urgent", "high", "normal", "low", "nothing"))),
    st.builds("schedule becomes {}".format, st.sampled_from(("main", "other", "unheard_of", "nothing"))),
    st.builds("brand becomes {}".format, st.sampled_from(("9", "nothing"))),
    st.builds("{} replies".format, SPEAKERS),
    st.builds("{} replies{}".format, SPEAKERS, st.sampled_from(("", " automatically"))),
    st.builds("{} notes".format, st.sampled_from(("an", "customer"))),
    st.builds("customer rated {}".format, st.sampled_from(("good", "bad", "neutral", "nothing", "good for an"))),
)
OPENINGS = st.builds(
    "{} opens {} status={} {}".format,
    st.sampled_from(("customer", "customer", "an", "binh", "robot")),
    st.sampled_from(("publicly", "publicly", "privately", "silently", "automatically")),
    st.sampled_from(("new", "new", "open", "pending", "solved")),
    st.lists(
        st.sampled_from(("assignee=an", "group=1", "group=2", "priority=urgent", "priority=low", "requester=an",
                         "schedule=other", "brand=9")),
        max_size=4, unique_by=lambda word: word.split("=")[0],
    ).map(" ".join),
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """A history, the editions it is read by and the instant it is read at; it prints as a timeline."""

    history: History
    editions: tuple[Edition, ...]
    as_of: int
    zone: str
    lines: tuple[str, ...]

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # noqa: ANN401, FBT001 -- what Hypothesis calls
        printer.text(str(self))

    def __str__(self) -> str:
        later = [f"{told(e.valid_from, self.zone)} another {e.kind} edition" for e in self.editions if e.valid_from]
        known = f"known from {told(self.history.known_from, self.zone)}" if self.history.known_from else "known whole"
        return "\n".join(["", *self.lines, *later, f"{told(self.as_of, self.zone)} as of; {known}"])

    @property
    def plain(self) -> list[tuple[str, str, int | None, Body]]:
        return [(edition.kind, edition.key, edition.valid_from, edition.body) for edition in self.editions]

    @property
    def rulebook(self) -> Rulebook:
        return compiled(self.editions)

    @property
    def last_at(self) -> int:
        return max([self.history.latest.created_at, *(event.at for event in self.history.events)])


@st.composite
def worlds(draw: st.DrawFn, *, whole: bool = False) -> World:
    """Draw a ticket's life of up to a few weeks, around the days on which its calendars' clocks change."""
    main, zone, days = CALENDARS[draw(st.sampled_from(sorted(CALENDARS)))]
    other = CALENDARS[draw(st.sampled_from(sorted(CALENDARS)))][0]
    start = moment(f"{draw(st.sampled_from(days))} 00:00", zone) + draw(st.integers(0, 4 * 1440)) * 60
    teller, at, lines = Teller(), start, []
    audits = draw(st.lists(st.tuples(GAPS, st.lists(CLAUSES, min_size=1, max_size=3)), max_size=9))
    for gap, clauses in [(0, [draw(OPENINGS)]), *audits]:
        at += gap
        teller.tell(at, clauses)
        lines.append(f"{told(at, zone)} {', '.join(clauses)}")
    instants = sorted({event.at for event in teller.events} | {rating.at for rating in teller.ratings})
    turns = draw(st.lists(st.sampled_from([*instants, start + 3600, start + 86_400]), max_size=2))
    offset = draw(st.sampled_from((-1, 0, 1, 1, 1800, 7200, 86_400, 5 * 86_400)))
    told_history = teller.history()
    if not whole and draw(st.integers(0, 9)) == 0:
        told_history = cut(told_history, draw(st.sampled_from(instants)) + 1)
    return World(
        told_history,
        draw(_rules(main, other, tuple(turns))),
        draw(st.sampled_from([*instants, at, at])) + offset,
        zone,
        tuple(lines),
    )


@st.composite
def _rules(draw: st.DrawFn, main: Body, other: Body, turns: tuple[int, ...]) -> tuple[Edition, ...]:
    default = draw(st.sampled_from(("main", "main", None)))
    assumed = draw(st.sampled_from(("main", "other", None)))
    choice = {"by_group": {"2": "other"}, "by_brand": {"9": "other"}, "default": default, "assumed": assumed}
    rules = [
        edition("policies", draw(st.sampled_from(POLICIES))),
        edition("meanings", MEANINGS),
        edition("calendar_choice", choice),
        edition("calendar", main, "main"),
        edition("calendar", other, "other"),
        edition("organization", draw(_organizations)),
        *PEOPLE,
    ]
    return (*rules, *(draw(_later_editions(main, other, since)) for since in sorted(turns)))


_organizations = st.sampled_from(({"team_of": {}}, {"team_of": {"an": "north"}}, {"team_of": {"binh": "south"}}))


def _later_editions(main: Body, other: Body, since: int) -> st.SearchStrategy[Edition]:
    custom = {**MEANINGS, "statuses": {**STATUSES, "waiting": "pending"}, "bots": ["script", "chi"]}
    return st.one_of(
        st.sampled_from(POLICIES).map(lambda body: edition("policies", body, since=since)),
        st.sampled_from((main, other)).map(lambda body: edition("calendar", body, "main", since)),
        _organizations.map(lambda body: edition("organization", body, since=since)),
        st.just(edition("meanings", custom, since=since)),
        st.just(edition("calendar_choice", {"by_group": {}, "by_brand": {}, "default": "other"}, since=since)),
        st.just(edition("calendar_choice", {"by_group": {}, "by_brand": {}, "assumed": "other"}, since=since)),
        st.just(agent("chi", since, role="end-user")),
    )
