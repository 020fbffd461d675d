# ruff: noqa: D102 -- the names of these few methods say all there is
"""Timelines in local time and the histories they tell; the rules they are read by; and both made up at random."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import accumulate
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from kpi_engine.compiling import compiled
from kpi_engine.editions import Edition, digest_of
from kpi_engine.history import MERGED_IN, REQUESTER_RETURNED, DerivedEvent, History
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Parameter
from kpi_engine.measure import measure
from kpi_engine.measurement import Certainty, Clock, CreditLine, Measurement
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.records import EventKind, Rating, TicketEvent, TicketSnapshot
from kpi_engine.reduce import Cell, Question, Scope, Window, cell, lines_in
from kpi_engine.rulebook import Rulebook

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


def next_reply(goal: object, **more: object) -> dict[str, object]:
    said = {"start": "customer_message", "rearm": "on_customer_message", "stop": ["agent_public_reply", "solved"]}
    return clock("next_reply", goal, **{**said, **more})


def resolution(goal: object, **more: object) -> dict[str, object]:
    return clock("resolution", goal, **{"stop": ["solved"], "pause_in": ["pending", "hold"], **more})


def ownership(goal: object, **more: object) -> dict[str, object]:
    said = {"start": "group_assigned", "rearm": "on_group_change", "stop": ["group_changed", "solved"]}
    return clock("ownership", goal, **{**said, **more})


def escalating(name: str, *steps: tuple[int, str]) -> dict[str, object]:
    kinds = {2: {"type": "functional"}}
    documents = [{"level": level, "at": "breach", "after": after, **kinds.get(level, {})} for level, after in steps]
    return {"on": {"clock": name}, "steps": documents}


def policy(*clocks: Body, escalations: Sequence[Body] = ()) -> dict[str, object]:
    return {
        "version": 1,
        "policies": [{"id": "care", "calendar": "ticket", "clocks": list(clocks)}],
        "escalations": list(escalations),
    }


def meant(when: Body, *clocks: Body, **more: object) -> dict[str, object]:
    """Return a policy for the tickets that `when` describes."""
    return {"id": "care", "when": when, "calendar": "ticket", "clocks": list(clocks), **more}


def several(*policies: Body, escalations: Sequence[Body] = ()) -> dict[str, object]:
    return {"version": 1, "policies": list(policies), "escalations": list(escalations)}


def by_severity(rule: Body) -> dict[str, object]:
    return {**rule, "goal_by": {"severity": {"S1": "15m", "S2": "2h", "default": "S2"}}}


def by_channel(rule: Body) -> dict[str, object]:
    return {**rule, "goal_by": {"channel": {"web": "3h", "chat": "5m"}}}


def edition(kind: str, body: Body, key: str = "", since: int | None = None) -> Edition:
    return Edition(kind, key, since, digest_of(body), body)


def agent(name: str, since: int | None = None, *, role: str = "agent", bot: bool = False) -> Edition:
    return edition("agent", {"name": name.title(), "email": None, "role": role, "bot": bot}, name, since)


PEOPLE = (agent("an"), agent("binh", role="admin"), agent("chi"), agent("robot", bot=True))
CARRIERS = {
    "topic": {"field": "topic", "tag": None, "values": {"moneyback": "refund"}},
    "segment": {"field": "segment", "tag": None, "values": {}},
    "complaint": {"field": None, "tag": "complaint", "values": {}},
    "complaint_cause": {"field": "cause", "tag": None, "values": {"our_fault": "agent"}},
    "responsible_agent": {"field": "responsible", "tag": None, "values": {}},
    "warranty": {"field": "warranty", "tag": "warranty", "values": {}},
    "severity": {"field": "severity", "tag": None, "values": {}},
    "root_cause": {"field": None, "tag": "broken", "values": {}},
}
MEANINGS: Body = {
    "statuses": STATUSES,
    "excluded_tags": ["internal"],
    "excluded_forms": ["77"],
    "bots": ["script"],
    "custom_statuses": {"71": "hold", "72": "pending", "73": "solved"},
    "fields": CARRIERS,
}
USUAL = (
    edition("meanings", MEANINGS),
    edition("calendar_choice", {"by_group": {}, "by_brand": {}, "default": "vn"}),
    edition("calendar", VN, "vn"),
    *PEOPLE,
)


# --- Timelines ----------------------------------------------------------------------------------------------------

_LINE = re.compile(r"^\s*(\d\d-\d\d \d\d:\d\d(?::\d\d)?) (.+?)\s*$", re.MULTILINE)
_FIELDS = ("status", "custom_status", "assignee", "group", "priority", "brand", "form", "schedule", "tags")
_SPOKEN = ("replies", "writes", "notes")


@dataclass
class Teller:
    """Turns the clauses of a timeline into records, one audit a line."""

    values: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(_FIELDS))
    events: list[TicketEvent] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    derived: list[DerivedEvent] = field(default_factory=list)
    created_at: int = 0
    order: int = 0
    offered_at: int | None = None

    def tell(self, at: int, clauses: Iterable[str]) -> None:
        self.order += 1
        for clause in clauses:
            self.clause(at, clause.split())

    def clause(self, at: int, words: list[str]) -> None:
        if words[1] == "opens":
            self.open(at, words[0], words[2:])
        elif words[1] in _SPOKEN:
            self.comment(at, words[0], public=words[1] != "notes", automatic="automatically" in words)
        elif words[1] == "becomes":
            self.change(at, words)
        elif words[1] == "offered":
            self.offered_at = at
            self.event(at, EventKind.SURVEY_OFFERED, actor=None, automatic=True)
        elif words[0] == "elsewhere":
            self.elsewhere(at, words[1], words[2:])
        else:
            self.rate(at, words[2:])

    def open(self, at: int, who: str, words: list[str]) -> None:
        self.created_at = at
        said = dict(word.split("=") for word in words if "=" in word)
        self.values["requester"] = said.pop("requester", "customer")
        for name, value in {"status": "new", **said}.items():
            self.values[name] = value.replace("+", " ")
            self.event(at, EventKind.OPENED_WITH, actor=who, field=name, new=self.values[name])
        if "silently" not in words:
            self.comment(at, who, public="privately" not in words, automatic="automatically" in words)

    def change(self, at: int, words: list[str]) -> None:
        """Keep "status becomes open", "tags becomes vip+rush", "group becomes nothing by binh", "… automatically"."""
        old, new = self.values.get(words[0]), None if words[2] == "nothing" else words[2].replace("+", " ")
        if new == old:  # a helpdesk tells of changes alone
            return
        self.values[words[0]] = new
        who = words[words.index("by") + 1] if "by" in words else "an"
        automatic = "automatically" in words
        self.event(at, EventKind.CHANGED, actor=who, automatic=automatic, field=words[0], old=old, new=new)

    def comment(self, at: int, who: str, *, public: bool, automatic: bool) -> None:
        self.event(at, EventKind.COMMENTED, actor=None if who == "system" else who, public=public, automatic=automatic)

    def rate(self, at: int, words: list[str]) -> None:
        """Keep the verdict of "customer rated good", "… 4 of 5", "… bad for an", "… good as r2"; "… nothing" withdraws.

        The bare word makes a new state of the rating "r"; "as" names another one.
        """
        named = words[words.index("as") + 1] if "as" in words else "r"
        by = words[words.index("for") + 1] if "for" in words else None
        score, scale = (float(words[0]), (1.0, float(words[2]))) if "of" in words else (None, None)
        category = None if words[0] == "nothing" or score is not None else words[0]
        self.ratings.append(
            Rating(
                ticket_id="1", rating_id=named, at=at, version=len(self.ratings), category=category, score=score,
                scale=scale, agent_id=by, group_id=None, offered_at=self.offered_at,
            )
        )  # fmt: skip

    def elsewhere(self, at: int, what: str, words: list[str]) -> None:
        """Keep "elsewhere returns topic=refund", or "elsewhere merges": another ticket's doing.

        "by=an" opened it, "channel=phone" is how it came, "follows=1" is what it follows up, and "spoken=an+customer"
        wrote on it since.
        """
        said = dict(word.split("=") for word in words)
        spoken = tuple(who for who in said.pop("spoken", "").split("+") if who)
        cause = f"other{len(self.derived)}"
        ticket = TicketSnapshot(
            ticket_id=cause, version=1, created_at=at, updated_at=at, status=said.pop("status", "open"), priority=None,
            assignee_id=said.pop("assignee", None), group_id=None, submitter_id=said.pop("by", None), brand_id=None,
            requester_id=said.pop("requester", self.values["requester"]), form_id=None,
            channel=said.pop("channel", "web"),
            tags=tuple(tag for tag in said.pop("tags", "").split("+") if tag), follows=said.pop("follows", None),
            fields=dict(said),
        )  # fmt: skip
        kind = {"returns": REQUESTER_RETURNED, "merges": MERGED_IN}[what]
        self.derived.append(
            DerivedEvent(ticket_id="1", kind=kind, at=at, cause_ticket_id=cause, cause=ticket, spoken=spoken)
        )

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
        fields = {name.removeprefix("field:"): value for name, value in values.items() if name.startswith("field:")}
        return TicketSnapshot(
            ticket_id="1", version=1, created_at=self.created_at, updated_at=self.created_at,
            status=values["status"] or "new", priority=values["priority"], assignee_id=values["assignee"],
            group_id=values["group"], requester_id=values.get("requester"), submitter_id=None,
            brand_id=values["brand"], form_id=values["form"], channel="web",
            tags=tuple((values["tags"] or "").split()), fields=fields, custom_status_id=values["custom_status"],
            survey="offered" if self.offered_at else None,
        )  # fmt: skip

    def history(self) -> History:
        return History(
            account="acme", ticket_id="1", snapshots=(self.snapshot(),), events=tuple(self.events),
            ratings=tuple(self.ratings), derived=tuple(self.derived),
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
        """Return who held it in which status, from when to when, whatever else changed meanwhile."""
        joined: list[tuple[object, ...]] = []
        for h in self.measurement.holdings:
            start: object = self.told(h.start)
            if joined and joined[-1][:3] == (h.agent, h.team, h.status) and joined[-1][4] == start:
                start = joined.pop()[3]
            joined.append((h.agent, h.team, h.status, start, self.told(h.end)))
        return joined

    @property
    def wake(self) -> str | None:
        return self.told(self.measurement.wake_at)


def played(whole: History, editions: Sequence[Edition], as_of: int, zone: str = VIETNAM) -> Played:
    rulebook = compiled(editions)
    return Played(whole, rulebook, measure(whole, rulebook, as_of), zone)


def figures_of(
    key: str, measurements: Sequence[Measurement], rulebook: Rulebook, as_of: int, scope: Scope = Scope.ACCOUNT
) -> dict[str | None, Cell]:
    """Return the cells of an indicator, by subject, over the quarter of an instant as far as it has come."""
    period = period_at(PeriodKind.QUARTER, VIETNAM, as_of)
    question = Question(scope, "acme", period, as_of, {})
    window, by_subject = Window(period, as_of, rulebook), dict[str | None, list[CreditLine]]()
    for line in lines_in(INDICATORS[key], measurements, period, as_of, rulebook):
        by_subject.setdefault(window.subject(line, scope), []).append(line)
    return {subject: cell(INDICATORS[key], lines, question, subject) for subject, lines in by_subject.items()}


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
_ESCALATIONS = [escalating(name, *STEPS) for name in ("first_reply", "next_reply", "resolution", "ownership")]
POLICIES = (
    policy(
        first_reply(_BY_PRIORITY, time=_URGENT_ROUND_THE_CLOCK, warn=["75%"]),
        next_reply(_BY_PRIORITY, time=_URGENT_ROUND_THE_CLOCK, warn=["75%"]),
        resolution(
            {**_BY_PRIORITY, "low": "24h"}, time=_URGENT_ROUND_THE_CLOCK, rearm="on_reopen", warn=["50%", "90%"]
        ),
        ownership(_BY_PRIORITY, pause_in=["pending"], warn=["75%"]),
        escalations=_ESCALATIONS,
    ),
    policy(
        first_reply(_SOME, warn=["75%", "-15m"]),
        next_reply("1h", pause_in=["hold"], time="calendar", warn=["-15m"]),
        resolution(_SOME, pause_in=["pending"], rearm="on_reopen", time="calendar"),
        ownership("30m", time="calendar"),
        escalations=_ESCALATIONS,
    ),
    policy(
        first_reply("1h", time="calendar", pause_in=["hold"]),
        next_reply(_SOME, rearm="never"),
        resolution("30m", rearm="on_reopen", warn=["75%"]),
        escalations=_ESCALATIONS,
    ),
    policy(
        first_reply(_BY_PRIORITY, on_change="freeze", warn=["-10m"]),
        next_reply(_BY_PRIORITY, on_change="freeze"),
        resolution(_SOME, on_change="freeze", rearm="on_reopen", warn=["50%", "-2h"]),
        escalations=_ESCALATIONS,
    ),
    policy(
        first_reply("2h", start="assigned"),
        resolution(_BY_PRIORITY, start="assigned", rearm="on_reopen", warn=["75%"]),
        escalations=_ESCALATIONS,
    ),
    several(
        meant(
            {"all": [{"tag": ["vip"]}, {"group": ["1", "Second line"]}]},
            first_reply({"any": "30m", "low": "1h"}),
            calendar="other",
        ),
        meant(
            {"any": [{"topic": ["refund"]}, {"segment": ["gold"]}]},
            first_reply("1h"),
            resolution("8h"),
            ownership("1h"),
            id="any",
        ),
        meant({"none": [{"priority": ["low", "high"]}, {"form": ["5"]}]}, next_reply("1h"), resolution("4h"), id="no"),
        meant({"all": [{"channel": ["chat"]}]}, resolution("1m"), id="chats"),
        meant({}, by_severity(first_reply("0m", warn=["50%"])), by_channel(resolution("0m", pause_in=[])), id="rest"),
        escalations=[
            *_ESCALATIONS,
            {**escalating("resolution", (1, "0m"), (5, "10m")), "on": {"clock": "resolution", "policy": "rest"}},
        ],
    ),
)
Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several: at random from a seed, or as Hypothesis draws and shrinks, simplest first."""

_GAPS = (0, 0, 0, 1, 60, 599, 600, 1800, 3600, 5400, 7200, 14_400, 18_000, 61_200, 86_400)
_SPEAKERS = ("customer", "customer", "customer", "an", "an", "an", "binh", "binh", "chi", "gone", "friend", "robot",
             "script", "system")  # fmt: skip
_BY = ("", "", "", " by binh", " by chi", " by robot", " by customer", " by gone", " automatically")


def _by(*clauses: str) -> tuple[str, ...]:
    return tuple(f"{clause}{by}" for clause in clauses for by in _BY)


def _becomes(name: str, *values: str) -> tuple[str, ...]:
    return _by(*(f"{name} becomes {value}" for value in (*values, "nothing")))


_TALK = (
    *(f"{who} replies" for who in _SPEAKERS * 2),
    *(f"{who} replies automatically" for who in ("an", "customer", "robot")),
    *(f"{who} notes" for who in ("an", "customer", "chi", "robot", "gone")),
)
_STATUSES = ("open", "pending", "hold", "solved", "solved", "solved", "open", "closed", "waiting")
_STATUS = (*_by(*(f"status becomes {status}" for status in _STATUSES)), "status becomes deleted")
_HANDS = (*_becomes("assignee", "an", "binh", "chi", "gone", "robot"), *_becomes("group", "1", "2"))
_RULED = (
    *_becomes("priority", "urgent", "high", "normal", "low"),
    *_becomes("schedule", "main", "other", "unheard_of"),
    *_becomes("brand", "9"),
    *_becomes("custom_status", "71", "72", "73", "74"),
)
_MEANT = (
    *_becomes("tags", "vip", "complaint", "complaint+warranty", "warranty"),
    *_becomes("field:topic", "refund", "moneyback", "delay"),
    *_becomes("field:segment", "gold", "silver"),
    *_becomes("field:severity", "S1", "S2"),
    *_becomes("form", "5", "6"),
    *_becomes("field:cause", "our_fault", "agent", "product"),
    *_becomes("field:responsible", "an", "chi", "gone", "Binh"),
    *_becomes("field:warranty", "yes", "no"),
    *(f"requester becomes {who}" for who in ("friend", "customer", "an") * 3),
    "tags becomes internal",
    "tags becomes closed_by_merge",
)
_SCORES = ("1 of 5", "3 of 5", "4 of 5", "5 of 5 for an", "2 of 3", "3 of 3 as r2")
_VERDICTS = ("good", "bad", "neutral", "nothing", "good for an", "bad as r2", "nothing as r2", *_SCORES)
_VOICE = (*(f"customer rated {verdict}" for verdict in _VERDICTS), *["survey offered"] * 3)
_ELSEWHERE = tuple(
    f"elsewhere {what}"
    for what in ("returns", "returns topic=refund", "returns topic=moneyback", "returns topic=delay",
                 "returns tags=internal", "returns status=deleted", "returns tags=complaint cause=our_fault",
                 "returns tags=complaint cause=product", "returns tags=complaint", "merges", "returns by=an",
                 "returns by=an channel=phone", "returns by=robot", "merges by=an", "merges by=gone assignee=gone",
                 "merges spoken=an", "merges spoken=an+robot", "merges spoken=an+customer", "merges requester=an by=an",
                 "merges spoken=gone assignee=gone", "merges by=an channel=voice",
                 "returns by=an follows=1 topic=delay", "returns follows=2 topic=delay",
                 "returns tags=complaint severity=S1 segment=silver")
)  # fmt: skip
_CLAUSES = (_TALK, _TALK, _TALK, _TALK, _STATUS, _STATUS, _HANDS, _RULED, _MEANT, _VOICE, _ELSEWHERE)
_OPENERS = ("customer", "customer", "customer", "an", "binh", "robot")
_WAYS = ("publicly", "publicly", "publicly", "privately", "silently", "automatically")
_SAID = ("assignee=an", "assignee=robot", "group=1", "group=2", "priority=urgent", "priority=low", "requester=an",
         "schedule=other", "brand=9", "custom_status=71", "tags=complaint", "tags=vip+warranty", "field:topic=refund",
         "field:segment=gold", "field:cause=our_fault", "field:severity=S1", "form=5")  # fmt: skip


def _opening(pick: Pick) -> str:
    said = {word.split("=")[0]: word for word in (pick(_SAID) for _ in range(pick(range(5))))}
    status = pick(("new", "new", "new", "open", "pending", "solved"))
    return " ".join([pick(_OPENERS), "opens", pick(_WAYS), f"status={status}", *said.values()])


def _gap(pick: Pick) -> int:
    gap: int = pick(_GAPS) if pick((True, True, False)) else pick(range(2 * 86_400))
    return gap


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

    @property
    def moments(self) -> list[int]:
        """The instants up to as_of at which something happened, with those just before and after."""
        shifted = {event.at + shift for event in self.history.events for shift in (-1, 0, 1)} | {self.as_of}
        return sorted(instant for instant in shifted if instant <= self.as_of)


Plan = Sequence[tuple[int, Sequence[str]]]
"""A gap in seconds and the clauses of an audit, one after another."""


def a_plan(pick: Pick) -> Plan:
    """Make a ticket's life up."""
    return [(0, [_opening(pick)]), *((_gap(pick), _audit(pick)) for _ in range(pick(range(13))))]


def _audit(pick: Pick) -> list[str]:
    return [pick(pick(_CLAUSES)) for _ in range(pick((1, 1, 2, 2, 3)))]


def a_world(pick: Pick, *, whole: bool = False) -> World:
    """Make up a ticket's life of up to a few weeks, around the days on which its calendars' clocks change."""
    return frame(pick, whole=whole)(a_plan(pick))


def frame(pick: Pick, *, whole: bool = False) -> Callable[[Plan], World]:
    """Make up the calendars, the rules and the instant; the world they make of any plan is what is returned."""
    main, zone, days = CALENDARS[pick(sorted(CALENDARS))]
    other = CALENDARS[pick(sorted(CALENDARS))][0]
    start = moment(f"{pick(days)} 00:00", zone) + pick(range(4 * 1440)) * 60
    turns = [pick(range(12)) for _ in range(pick((0, 0, 1, 2)))]
    offset = pick((1, 0, -1, 1, 1800, 7200, 86_400, 5 * 86_400, 8 * 86_400, 15 * 86_400, 20 * 86_400))
    seen, unseen = pick((-1, -1, -1, 3, 7)), not whole and pick(range(10)) == 1
    cut_at = pick(range(12))
    rules = _dated(pick, _rules(pick, main, other), start, zone)
    later = [_later_edition(pick, main, other) for _ in turns]

    def made(plan: Plan) -> World:
        teller, lines = Teller(), []
        instants = list(accumulate((gap for gap, _ in plan), initial=start))[1:]
        for at, (_, clauses) in zip(instants, plan, strict=True):
            teller.tell(at, clauses)
            lines.append(f"{told(at, zone)} {', '.join(clauses)}")
        told_history = teller.history()
        if unseen:
            told_history = cut(told_history, instants[min(cut_at, len(instants) - 1)] + 1)
        since = sorted((start + 3600, start + 86_400, *instants)[turn % (len(instants) + 2)] for turn in turns)
        editions = (*rules, *(replace(each, valid_from=at) for each, at in zip(later, since, strict=True)))
        return World(told_history, editions, instants[min(seen, len(instants) - 1)] + offset, zone, tuple(lines))

    return made


@st.composite
def worlds(draw: st.DrawFn, *, whole: bool = False) -> World:
    """Draw a world, as Hypothesis likes it."""
    return a_world(lambda options: draw(st.sampled_from(options)), whole=whole)


def seeded_world(seed: int) -> World:
    """Return the world of a number, the same on every machine."""
    return a_world(Random(seed).choice)


def smallest(seed: int, differs: Callable[[World], bool]) -> World:
    """Return the world of a number without every audit and clause that it differs without, too."""
    random = Random(seed)
    made, plan = frame(random.choice), a_plan(random.choice)
    smaller = [plan]
    while smaller:
        plan = smaller[0]
        smaller = [less for less in _without_one(plan) if differs(made(less))]
    return made(plan)


def _without_one(plan: Plan) -> Iterator[Plan]:
    for place, (gap, clauses) in enumerate(plan[1:], start=1):
        yield [*plan[:place], *plan[place + 1 :]]
        for number in range(len(clauses) if len(clauses) > 1 else 0):
            yield [*plan[:place], (gap, [*clauses[:number], *clauses[number + 1 :]]), *plan[place + 1 :]]


_TEAMS = ({"team_of": {}}, {"team_of": {"an": "north"}}, {"team_of": {"binh": "south"}})


def _dated(pick: Pick, rules: Sequence[Edition], start: int, zone: str) -> tuple[Edition, ...]:
    """Return the rules, sometimes with people who change their team on some day, and with rosters and leave."""
    turn = start + pick((3600, 86_400, 2 * 86_400, 5 * 86_400))
    places = {
        "an": [{"team": "north", "end": turn}, {"team": "south", "start": turn}],
        "binh": [{"team": "west", "start": turn}],
    }
    organized = edition("organization", {"team_of": {"an": "east", "binh": "east"}, "places": places})
    dated = [organized if pick((False, False, True)) else each for each in rules if each.kind == "organization"]
    rosters = [
        edition("roster", _roster(pick, start, zone), who) for who in ("an", "binh") if pick((False, False, True))
    ]
    return (*(each for each in rules if each.kind != "organization"), *dated, *rosters)


def _roster(pick: Pick, start: int, zone: str) -> dict[str, object]:
    """Make up leave, and hours of somebody's own, all of it to the minute."""
    first = start + 1800 * pick(range(48))
    leave = [[first, first + pick((1800, 4 * 3600, 86_400, 6 * 86_400))]]
    part_time = [[[540, 720]], [], [[540, 720], [1320, 1560]], [], [[540, 720]], [], []]
    until = start + pick((2, 9)) * 86_400
    weeks = [[start - 86_400, pick((until, None)), zone, part_time]]
    night = [[start + 20 * 3600, start + 28 * 3600], [start + 50 * 3600, start + 51 * 3600]]
    shifts = [[start + 3600, until, night]]
    return pick(
        ({"leave": leave}, {"leave": leave, "weeks": weeks}, {"weeks": weeks}, {"leave": leave, "shifts": shifts})
    )


def _rules(pick: Pick, main: Body, other: Body) -> tuple[Edition, ...]:
    default, assumed = pick(("main", "main", None)), pick(("main", "other", None))
    choice = {"by_group": {"2": "other"}, "by_brand": {"9": "other"}, "default": default, "assumed": assumed}
    return (
        edition("policies", pick(POLICIES)),
        edition("meanings", MEANINGS),
        edition("calendar_choice", choice),
        edition("calendar", main, "main"),
        edition("calendar", other, "other"),
        edition("organization", pick(_TEAMS)),
        edition("parameters", _parameters(pick)),
        *PEOPLE,
    )


_CHOICES = [(row.key, each) for row in INDICATORS.values() for each in row.parameters]


def _parameters(pick: Pick) -> dict[str, object]:
    indicators: dict[str, dict[str, object]] = {}
    if pick((False, True)):
        for key, parameter in _CHOICES:
            if (value := pick(_values(parameter))) != parameter.default:
                indicators.setdefault(key, {})[parameter.name] = value
    return {"indicators": indicators}


def _values(parameter: Parameter) -> list[str | int]:
    """Return what a parameter may be, the default first."""
    if parameter.allowed:
        return [parameter.default, *parameter.allowed]
    most = 2 * int(parameter.default) if parameter.most is None else parameter.most
    return [parameter.default, max(parameter.least, int(parameter.default) // 2), most]


def _later_edition(pick: Pick, main: Body, other: Body) -> Edition:
    custom = {**MEANINGS, "statuses": {**STATUSES, "waiting": "pending"}, "bots": ["script", "chi"], "fields": {},
              "excluded_tags": ["internal", "vip"]}  # fmt: skip
    return pick(
        (
            edition("policies", pick(POLICIES)),
            edition("parameters", _parameters(pick)),
            edition("calendar", pick((main, other)), "main"),
            edition("organization", pick(_TEAMS)),
            edition("meanings", custom),
            edition("calendar_choice", {"by_group": {}, "by_brand": {}, "default": "other"}),
            edition("calendar_choice", {"by_group": {}, "by_brand": {}, "assumed": "other"}),
            agent("chi", role="end-user"),
        )
    )
