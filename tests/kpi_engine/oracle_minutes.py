# ruff: noqa: D102 -- a method here is a sentence of the rules; its name says it
"""The naive oracle of custom clocks: one minute after another, from the text of docs/rules.md; it knows no engine.

A rule is what a policy file says of a clock, a ticket a list of (minute, words), and time a number of minutes since
Monday midnight. A clock goes by office hours, 8:00-12:00 and 13:30-17:30, Saturday mornings, or round the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DAY = 1440
Rule = Mapping[str, Any]
Event = tuple[int, str]


def is_open(minute: int) -> bool:
    """Tell whether the office is open in the minute that begins then."""
    day, time = minute // DAY % 7, minute % DAY
    return (480 <= time < 720 and day < 6) or (810 <= time < 1050 and day < 5)


def minutes(text: str) -> int:
    return int(text[:-1]) * (60 if text.endswith("h") else 1)


def closing(minute: int) -> int:
    """Return when the office closes on the day of an instant."""
    return max(at + 1 for at in range(minute // DAY * DAY, minute // DAY * DAY + DAY) if is_open(at))


def worked_on(minute: int, left: int) -> int:
    """Return when so many office minutes have passed since an instant."""
    while left:
        left -= is_open(minute)
        minute += 1
    return minute


def days_on(minute: int, days: int, *, to_the_end: bool) -> int:
    """Return the same time of day so many working days on, counted from the next opening; or the end of that day.

    What lies outside the hours, or opens them, is the end of those before it, unless that was before the start.
    """
    begins = minute
    while not is_open(begins):
        begins += 1
    day = begins // DAY
    while days:
        day += 1
        days -= has_hours(day)
    plain = wanted = day * DAY + begins % DAY
    while not is_open(wanted - 1):
        wanted -= 1
    wanted = wanted if wanted > minute else plain
    return closing(wanted) if to_the_end else wanted


def has_hours(day: int) -> bool:
    return any(is_open(at) for at in range(day * DAY, day * DAY + DAY))


@dataclass
class Ticket:
    """What is known of a ticket at some minute: whether its customer has asked, an agent replied, and answered him."""

    channel: str = "web"
    severity: str | None = None
    status: str = "open"
    priority: str = "normal"
    group: str | None = None
    assignee: str | None = None
    tags: set[str] = field(default_factory=set)
    asked: bool = False
    replied: bool = False
    answered: bool = False
    what: str = ""

    def hear(self, words: str) -> None:
        """Take in what happened: "customer opens", "an replies", "an notes", "status becomes solved", …."""
        who, verb, *rest = words.split()
        self.what = "changes" if verb == "becomes" else verb
        self.asked = self.asked or who == "customer"
        if verb == "replies":
            self.replied, self.answered = True, self.answered or self.asked
        elif who == "tags":
            self.tags = set() if rest[0] == "nothing" else set(rest[0].split("+"))
        elif verb == "becomes":
            setattr(self, who, None if rest[0] == "nothing" else rest[0])

    def would_change(self, words: str) -> bool:
        """Tell whether something happens at all: a helpdesk tells of no change from a word to the same word."""
        who, verb, *rest = words.split()
        if verb != "becomes":
            return True
        tags = set() if rest[0] == "nothing" else set(rest[0].split("+"))
        word = None if rest[0] == "nothing" else rest[0]
        return self.tags != tags if who == "tags" else getattr(self, who) != word

    @property
    def done(self) -> bool:
        return self.status == "solved"

    @property
    def with_machine(self) -> bool:
        return self.assignee == "robot"

    @property
    def by_agent(self) -> bool:
        return self.what in ("replies", "notes", "changes")  # all changes here are the agent's


@dataclass
class Run:
    """One run of a clock."""

    started: int
    elapsed: int = 0
    ended: int | None = None
    goal: int | None = None
    due: int | None = None  # of a goal in days, or to the end of one
    breached: int | None = None
    late_from: int = 0
    fired: dict[str, int] = field(default_factory=dict)
    told_at: int = 0  # when the last step or notice fired
    suspended: bool = False
    void: bool = False  # a machine took the ticket
    rested: bool = False  # it stood still when it ended
    falls_due: dict[str, int] = field(default_factory=dict)  # when steps did, or were to, whatever holds them since


class Clock:
    """One clock of one ticket, minute by minute; `runs` is what became of it."""

    def __init__(self, rule: Rule, escalation: Rule) -> None:
        self.rule, self.escalation = rule, escalation
        self.runs: list[Run] = []
        self.was = Ticket(status="")
        self.acknowledged: list[int] = []

    @property
    def current(self) -> Run | None:
        return self.runs[-1] if self.runs and self.runs[-1].ended is None else None

    def works(self, minute: int) -> bool:
        return self.rule["time"] == "calendar" or is_open(minute)

    def event(self, at: int, now: Ticket) -> None:
        if "seen" in now.tags and "seen" not in self.was.tags:
            self.acknowledged.append(at)
        self.drop_what_has_not_begun(at, now)
        run = self.current
        if run is not None and (self.ends(run, at, now) or self.given_to_machine(now)):
            run.ended, run.void = at, not self.ends(run, at, now)
            run.rested = run.started < at and not self.is_running(run, self.was)
        elif run is not None:
            run.suspended = now.done
        if self.current is None and (self.rearms(now) if self.runs else self.starts(now)):
            self.begin(at, now)
        if self.current is not None and not now.done:
            self.aim(self.current, at, now)
        self.was = Ticket(**{**vars(now), "tags": set(now.tags)})

    def drop_what_has_not_begun(self, at: int, now: Ticket) -> None:
        """Of a sequence the next run begins later: a solve before that leaves nothing of it, a reply has met it."""
        run = self.current
        if run is not None and run.started > at:
            gone = self.rule["start"] == "criteria" and "start" not in now.tags
            solved = now.done and "solved" in self.rule["stop"] and "agent_public_reply" not in self.rule["stop"]
            if gone or solved or self.given_to_machine(now):
                self.runs.pop()

    def given_to_machine(self, now: Ticket) -> bool:
        return bool(self.rule["start"] == "handoff") and now.with_machine

    def begin(self, at: int, now: Ticket) -> None:
        if self.runs and self.rule["rearm"] == "continues":
            self.succeed(self.runs[-1], at)
            self.runs[-1].ended = None
            self.runs[-1].suspended = False
            return
        solves = "solved" in self.rule["stop"] and "agent_public_reply" not in self.rule["stop"]
        if not (now.done and solves):  # what would end it is there already
            begins = self.due_anyway(self.runs[-1]) if self.runs and self.rule["rearm"] == "sequential" else at
            self.runs.append(Run(max(at, begins), suspended=now.done))

    def succeed(self, run: Run, until: int) -> None:
        """Fire what follows a goal met, as long as the clock has not gone on after all."""
        for level, after in self.escalation["met"] if run.ended is not None and not run.void else ():
            due = self.later(run.ended, after)
            if due < until:
                run.fired[f"success:{level}"] = due

    def due_anyway(self, ended: Run) -> int:
        """Return when a run that ended would have been due, had it gone on; one that was late or at rest: its end."""
        assert ended.ended is not None
        if ended.breached is not None or ended.goal is None or ended.rested:
            return ended.ended
        since, left = max(ended.ended, ended.started), max(0, ended.goal - ended.elapsed)
        return since + left if self.rule["time"] == "calendar" else worked_on(since, left)

    def ends(self, run: Run, at: int, now: Ticket) -> bool:
        stop = self.rule["stop"]
        return (
            ("agent_public_reply" in stop and now.what == "replies")
            or ("solved" in stop and now.done and "agent_public_reply" not in stop)  # a solve answers nobody
            or ("any_agent_action" in stop and now.by_agent)
            or (("any_change" in stop or self.rule["rearm"] == "on_any_change") and run.started < at)
            or ("group_changed" in stop and self.was.group is not None and self.was.group != now.group)
            or ("criteria" in stop and "stop" in now.tags)
        )

    def starts(self, now: Ticket) -> bool:
        start = self.rule["start"]
        if start == "agent_reply":
            return now.replied
        there = {
            "handoff": not now.with_machine,
            "customer_message": now.asked,
            "created": True,
            "assigned": now.assignee is not None,
            "group_assigned": now.group is not None,
            "criteria": "start" in now.tags,
        }[start]
        if "agent_public_reply" in self.rule["stop"] and start != "criteria":
            return there and now.asked and not now.answered  # somebody waits for the reply that would end it
        return there and (not now.done or now.what == "opens")

    def rearms(self, now: Ticket) -> bool:
        rearm = self.rule["rearm"]
        if self.runs[-1].void:  # people have it again
            return self.starts(now)
        there = {
            "never": False,
            "sequential": self.comes_true(now) and not now.done,
            "on_customer_message": now.what == "writes",
            "on_reopen": self.was.done and not now.done,
            "continues": self.was.done and not now.done,
            "on_agent_reply": now.what == "replies",
            "on_group_change": now.group is not None
            and not now.done
            and (now.group != self.was.group or self.was.done),
            "on_any_change": not now.done,
            "on_criteria": "start" in now.tags and not now.done,
        }
        return there[rearm]

    def comes_true(self, now: Ticket) -> bool:
        """Tell whether what starts the clock is so, or happens: a message and a reply happen."""
        start = self.rule["start"]
        if start in ("customer_message", "agent_reply"):
            return now.what == ("writes" if start == "customer_message" else "replies")
        there = {"criteria": "start" in now.tags, "handoff": not now.with_machine}
        return there.get(start, True)

    def aim(self, run: Run, at: int, now: Ticket) -> None:
        """Give the goal that goes with the ticket's word; what is frozen or breached keeps the one it has."""
        goals = self.rule["goal"]
        text = goals.get(getattr(now, self.rule["by"]) or "default", goals["any"])
        if run.breached is not None or (run.goal is not None and self.rule["on_change"] == "freeze"):
            return
        if text.endswith("wd") or self.rule["end_of_day"]:
            to_the_end = self.rule["end_of_day"]
            in_days = text.endswith("wd")
            plain = days_on(at, int(text[:-2]), to_the_end=to_the_end) if in_days else worked_on(at, minutes(text))
            run.due = run.due or (closing(plain) if to_the_end else plain)
            run.goal = 0
        else:
            run.goal = minutes(text)
        if not self.is_running(run, now) and run.due is None and run.elapsed > run.goal:
            self.breach(run, at)

    def breach(self, run: Run, at: int) -> None:
        run.breached = at
        run.fired["breach"] = at
        run.late_from = run.elapsed

    def is_running(self, run: Run, now: Ticket) -> bool:
        paused = now.status in self.rule["pause_in"] or (self.rule["pause_when"] and "pause" in now.tags)
        return not (run.suspended or now.done or paused)

    def timers(self, at: int, now: Ticket) -> None:
        run = self.current
        if run is None or run.goal is None or run.suspended or now.done or run.started > at:
            return
        if self.is_running(run, now):
            self.fall_due(run, at)
        self.follow(run, at)
        if run.breached is not None:
            self.repeat(run, at)

    def fall_due(self, run: Run, at: int) -> None:
        """Fire warnings and the breach in the clock's own time, in which steps fall due, too, unless told otherwise."""
        if run.breached is None:
            for word in self.rule["warn"]:
                if (
                    run.due is None
                    and f"warn:{word}" not in run.fired
                    and run.elapsed >= warned_at(word, run.goal or 0)
                ):
                    run.fired[f"warn:{word}"] = at
            if at >= run.due if run.due is not None else run.elapsed >= (run.goal or 0):
                self.breach(run, at)
        if run.breached is not None and not self.escalation["calendar"]:
            for level, after in self.escalation["steps"]:
                if run.elapsed - run.late_from >= after:
                    run.falls_due.setdefault(f"escalation:{level}", at)

    def follow(self, run: Run, at: int) -> None:
        """Fire the steps that are due, unless somebody acknowledged."""
        if run.breached is not None and self.escalation["calendar"]:
            for level, after in self.escalation["steps"]:
                run.falls_due.setdefault(f"escalation:{level}", self.later(run.breached, after))
        warnings = [when for name, when in run.fired.items() if name.startswith("warn")]
        for level, after in self.escalation["early"] if warnings else ():
            run.falls_due.setdefault(f"early:{level}", self.later(min(warnings), after))
        for name, due in run.falls_due.items():
            if name not in run.fired and at >= due and not self.holds(at):
                run.fired[name] = at
                run.told_at = at if name.startswith("escalation") else run.told_at

    def later(self, at: int, minutes: int) -> int:
        """Return when so many minutes have passed by the escalation's calendar, or else the clock's."""
        office = self.escalation["calendar"] or self.rule["time"] == "business"
        return worked_on(at, minutes) if office else at + minutes

    def holds(self, at: int) -> bool:
        lasts = self.escalation["hold"]
        return bool(lasts) and any(since <= at < since + lasts for since in self.acknowledged)

    def repeat(self, run: Run, at: int) -> None:
        """Repeat notices after the last step, by the escalation's calendar or on the wall, and not in quiet hours."""
        every, most = self.escalation["repeat"]["every"], self.escalation["repeat"]["most"]
        told = sum(name.startswith("repeat") for name in run.fired)
        last = f"escalation:{self.escalation['steps'][-1][0]}"
        if last not in run.fired or told >= most or not is_open(at) or self.holds(at):
            return
        due = worked_on(run.told_at, every) if self.escalation["calendar"] else run.told_at + every
        if at >= due:
            run.fired[f"repeat:{told + 1}"] = run.told_at = at

    def minute(self, at: int, now: Ticket) -> None:
        run = self.current
        if run is not None and run.started <= at and self.is_running(run, now) and self.works(at):
            run.elapsed += 1


def warned_at(word: str, goal: int) -> float:
    return goal * int(word[:-1]) / 100 if word.endswith("%") else max(0, goal - minutes(word[1:]))


def played(rule: Rule, escalation: Rule, events: Sequence[Event], as_of: int) -> list[Run]:
    """Return the runs of a clock on a ticket up to an instant, at which what is due is not yet late."""
    clock, ticket, told = Clock(rule, escalation), Ticket(), dict(events)
    for at in range(events[0][0], as_of):
        if at in told and ticket.would_change(told[at]):
            ticket.hear(told[at])
            clock.event(at, ticket)
        clock.timers(at, ticket)
        clock.minute(at, ticket)
    for run in clock.runs:
        clock.succeed(run, as_of)
    return clock.runs
