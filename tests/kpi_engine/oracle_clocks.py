# ruff: noqa: D101, D102 -- a method here is a sentence of the rules; its name says it
"""The naive oracle, clocks: every instance from its first moment to its last, stretch by stretch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from kpi_engine_oracle import ASKING, FAR, Body, Moment, Stretch, Told, earliest, seconds, worked


def goals_of(rule: Body) -> tuple[str, Body]:
    """Return by what a rule's goals go, and the goals."""
    return next(iter(rule["goal_by"].items())) if "goal_by" in rule else ("priority", rule["goal"])


def goal_of(rule: Body, word: str | None) -> int | None:
    _, goals = goals_of(rule)
    said = goals.get(word or "default", goals.get("any"))
    said = goals.get(said, said)
    return None if said is None else seconds(said)


def is_business(rule: Body, priority: str | None) -> bool:
    time = rule.get("time", "business")
    if isinstance(time, Mapping):
        time = time.get(priority or "default", time.get("default", "business"))
    return time == "business"


def warning_at(word: str, goal: int) -> int:
    """Return the elapsed seconds at which a warning is due: "75%" of the goal, or "-15m" before it."""
    if word.endswith("%"):
        return goal * int(word.rstrip("%")) // 100
    return max(0, goal - seconds(word))


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
        return tuple({**vars(self), "goal": self.goal or None}.values())  # the fields in their order


@dataclass
class Judge:
    """Walks the stretches of one clock instance."""

    told: Told
    verdict: Verdict
    last_rule: Body

    def __post_init__(self) -> None:
        self.fired: list[tuple[str, int, int]] = []
        self.kinds: dict[str, str] = {}  # of escalations, by their names
        self.held: list[tuple[str | None, str | None, int, int]] = []  # by whom in which calendar, up to the breach
        self.ran: list[tuple[str | None, int, int]] = []  # the stretches it ran in, and by which calendar
        self.late_from = 0  # the elapsed seconds from which escalation steps count
        self.ended_at: int | None = None
        self.business = True  # in what time the goal counts

    def rule(self, stretch: Stretch) -> Body:
        """Return the rule in force; a clock that the policy drops goes on by its last one."""
        self.last_rule = self.told.clocks(stretch).get(self.verdict.clock, self.last_rule)
        return self.last_rule

    def word(self, stretch: Stretch) -> str | None:
        """Return the ticket's priority, or what else its goals go by."""
        by, _ = goals_of(self.rule(stretch))
        return next(iter(self.told.words(by, stretch.values, stretch.start, stretch.start)), None)

    def is_running(self, stretch: Stretch) -> bool:
        rule = self.rule(stretch)
        idle = stretch.done or stretch.meaning == "deleted"
        return not idle and stretch.meaning not in rule["pause_in"]

    def aim(self, stretch: Stretch) -> None:
        """Note the goal that holds and in what time it counts; where changes do not matter, what there was.

        A breach keeps the goal it was given by; in what time the clock goes on may still change.
        """
        rule = self.rule(stretch)
        if rule.get("on_change") == "freeze" and self.verdict.goal is not None:
            return
        word = self.word(stretch)
        self.business = is_business(rule, word)
        if self.verdict.breached_at is None:
            self.verdict.goal = goal_of(rule, word)

    def calendar(self, stretch: Stretch) -> tuple[str | None, bool]:
        rule, word = self.rule(stretch), self.word(stretch)
        frozen = rule.get("on_change") == "freeze" and self.verdict.goal is not None
        business = self.business if frozen else is_business(rule, word)
        if business and ("calendar", rule["calendar"]) in self.told.rules.lines:
            return self.told.rules.spelled(rule["calendar"], stretch.start), False
        return self.told.rules.calendar(stretch.values, stretch.start) if business else (None, False)

    def walk(self, stretches: Sequence[Stretch]) -> None:
        verdict = self.verdict
        for stretch in stretches:
            if not stretch.done:
                self.aim(stretch)
            if self.is_running(stretch):
                spelled, assumed = self.calendar(stretch)
                if verdict.breached_at is None:
                    verdict.assumed |= assumed and stretch.start < stretch.end
                self.fall_due(stretch)
                self.ran.append((spelled, stretch.start, stretch.end))
                verdict.elapsed += worked(spelled, stretch.start, stretch.end)
            elif not stretch.done and verdict.breached_at is None:
                self.resting(stretch)

    def resting(self, stretch: Stretch) -> None:
        """Breach at a change that leaves less time than was worked already."""
        goal, elapsed = self.verdict.goal, self.verdict.elapsed
        if goal is not None and elapsed > goal:
            self.fired.append(("breach", 0, stretch.start))
            self.verdict.breached_at, self.late_from = stretch.start, elapsed

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
            self.held.append((agent, spelled, stretch.start, before_breach))

    def next_step(self, stretch: Stretch) -> tuple[str, int, int] | None:
        done = {name for name, _, _ in self.fired}
        steps: list[tuple[str, int, int]] = []
        if self.verdict.breached_at is not None:
            found = self.rule(stretch)["steps"]
            steps = [(f"escalation:{level}", level, self.late_from + after) for after, level, _ in found]
            self.kinds |= {f"escalation:{level}": kind for _, level, kind in found if f"escalation:{level}" not in done}
        elif (goal := self.verdict.goal) is not None:
            words = self.rule(stretch).get("warn", ())
            steps = [(f"warn:{word}", 0, warning_at(word, goal)) for word in words]
            steps = [*sorted(steps, key=lambda step: step[2]), ("breach", 0, goal)]
        return next((step for step in steps if step[0] not in done), None)

    def charge(self) -> None:
        """Charge the holder at breach from 10 % of the goal, else the largest share from 50 %, else the team.

        Only what somebody was at work counts as his share, and nobody answers for what breaks while he is on leave.
        """
        verdict = self.verdict
        if verdict.breached_at is None or verdict.goal is None:
            return
        rules, at = self.told.rules, verdict.breached_at
        holder = self.told.values_at(at)["assignee"]
        shares: dict[str | None, int] = {}
        for agent, spelled, start, end in self.held:
            share = rules.at_work(agent, at, partial(worked, spelled), (start, end)) if start < end else 0
            shares[agent] = shares.get(agent, 0) + share
        if rules.is_away(holder, at):
            shares.pop(holder, None)
        if holder is not None and not rules.is_away(holder, at) and shares.get(holder, 0) >= verdict.goal / 10:
            verdict.agent = holder
        else:
            share, longest = max(((share, agent or "") for agent, share in shares.items()), default=(0, ""))
            verdict.agent = longest or None if share >= verdict.goal / 2 else None
        verdict.team = self.told.team(verdict.agent, verdict.breached_at)

    def conclude(self, ended_at: int | None, stretches: Sequence[Stretch]) -> None:
        verdict, last = self.verdict, stretches[-1] if stretches else None
        self.ended_at = ended_at
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

    def over_on_the_wall(self) -> int:
        """Return the seconds on the wall from where the goal was used up to the end, while the clock ran."""
        used, over = 0, 0
        for spelled, start, end in self.ran:
            missing = max(0, self.verdict.goal - used)
            used += worked(spelled, start, end)
            if used >= self.verdict.goal:
                over += end - (earliest(spelled, start, missing, end) or start)
        return over

    def over_at(self, instant: int) -> bool:
        """Tell whether the clock stood over its goal at an instant at which the ticket was unsolved."""
        breached_at, ended_at = self.verdict.breached_at, self.ended_at
        return breached_at is not None and breached_at <= instant and (ended_at is None or instant < ended_at)


def solved_since(stretches: Sequence[Stretch]) -> int | None:
    since = None
    for stretch in stretches:
        since = (stretch.start if since is None else since) if stretch.done else None
    return since


# --- When instances begin and end ---------------------------------------------------------------------------------


def clocks_ever(told: Told) -> list[str]:
    """Return the clocks there ever were in the ticket's life, in the order in which the policies tell them."""
    ever = {clock for moment in told.moments for clock in told.clocks(moment)}
    editions = [body for (kind, _), line in told.rules.lines.items() if kind == "policies" for _, body in line]
    listed = [clock["id"] for body in editions for policy in body["policies"] for clock in policy["clocks"]]
    return [clock for clock in dict.fromkeys(listed) if clock in ever]


@dataclass(frozen=True)
class Course:
    """How a ticket went, as one clock sees it."""

    told: Told
    clock: str

    def place(self, fits: Callable[[Moment], bool], start: int | None = 0) -> int | None:
        """Return the first place from `start` on whose moment fits."""
        if start is None:
            return None
        return next((place for place in range(start, len(self.moments)) if fits(self.moments[place])), None)

    @property
    def moments(self) -> list[Moment]:
        return self.told.moments

    def rule(self, moment: Moment) -> Body:
        return self.told.clocks(moment).get(self.clock, {})

    def promised(self, place: int) -> Body:
        """Return the rule in force or, where a later policy dropped the clock, its last one: the promise holds."""
        return next((rule for each in reversed(self.moments[: place + 1]) if (rule := self.rule(each))), {})

    def starts(self, moment: Moment) -> bool:
        """Tell whether the clock may start: there is a rule, and if somebody must, he has the unsolved ticket."""
        rule = self.rule(moment)
        held = not moment.done and moment.values["assignee"] is not None
        owned = moment.values["group"] is not None
        return bool(rule) and {"assigned": held, "group_assigned": owned}.get(rule.get("start"), True)

    def episodes(self) -> Iterator[tuple[int, int | None]]:
        """Yield (first moment, ending moment) of each instance of the clock."""
        rules = [self.rule(moment) for moment in self.moments]
        some = next(rule for rule in rules if rule)
        if some.get("start") == "customer_message":
            yield from self.next_replies()
        elif "group_changed" in some["stop"]:
            yield from self.owning()
        elif "agent_public_reply" in some["stop"]:
            yield from self.first_reply()
        else:
            yield from self.solving()

    def owning(self) -> Iterator[tuple[int, int | None]]:
        """Yield each stretch in which one group has the unsolved ticket, and what ended it."""
        start = self.place(lambda moment: self.starts(moment) and (moment is self.moments[0] or not moment.done))
        while start is not None:
            end = next((place for place in range(start, len(self.moments)) if self.gives_up(place, start)), None)
            yield start, end
            start = None if end is None else self.taken_up(end)

    def gives_up(self, place: int, start: int) -> bool:
        """Tell whether the group that had it since `start` gives the ticket away there, or has solved it."""
        handed_over = place > start and self.group(place) != self.group(place - 1)
        return handed_over or self.moments[place].done

    def taken_up(self, end: int) -> int | None:
        """Return the first moment from `end` on at which a group gets the unsolved ticket, by a reopening too."""
        places = range(max(end, 1), len(self.moments))
        return next((place for place in places if self.is_taken_up(place)), None)

    def is_taken_up(self, place: int) -> bool:
        group, new = self.group(place), self.group(place) != self.group(place - 1)
        return group is not None and not self.moments[place].done and (new or self.moments[place - 1].done)

    def group(self, place: int) -> str | None:
        return self.moments[place].values["group"]

    def solving(self) -> Iterator[tuple[int, int | None]]:
        """Yield the instances that solves end; a reopening starts the clock afresh, whoever has the ticket then."""
        start = self.place(lambda moment: self.starts(moment) and (moment is self.moments[0] or not moment.done))
        while start is not None:
            end = self.place(lambda moment: moment.done, start)
            yield start, end
            start = self.rearmed(end)

    def rearmed(self, end: int | None) -> int | None:
        """Return the first reopening after a solve whose rule, of that time, starts the clock afresh."""
        while end is not None:
            again = self.place(lambda moment: not moment.done, end)
            if again is None or self.promised(again).get("rearm") == "on_reopen":
                return again
            end = self.place(lambda moment: moment.done, again)
        return None

    def first_wait(self) -> tuple[int | None, int | None]:
        """Return when an answer was first owed and given: an agent's public opening owes none until somebody asks."""
        start = self.place(is_asking) if self.told.opened_by == "agent" else 0
        return start, self.place(is_reply, start)

    def first_reply(self) -> Iterator[tuple[int, int | None]]:
        """Yield the one instance: from the opening, or the customer's first message where an agent opened it."""
        owed, end = self.first_wait()
        start = self.place(self.starts, owed)
        if start is not None and (end is None or start < end):
            yield start, end

    def next_replies(self) -> Iterator[tuple[int, int | None]]:
        """Yield an instance for each wait that begins with a customer's message after the first answer."""
        _, end = self.first_wait()
        started = False
        while end is not None:
            asked = self.place(is_asking, end)
            start = asked if started else self.place(self.starts, asked)
            if asked is None or start is None:
                return
            end = self.answered_or_settled(asked)
            if started:  # one that a rule leaves alone may begin with a later message, once another rule is in force
                start = next(filter(self.begins_anew, range(start, len(self.moments) if end is None else end)), None)
            if start is not None and (end is None or start < end):
                yield start, end
                started = True

    def begins_anew(self, place: int) -> bool:
        return is_asking(self.moments[place]) and self.promised(place).get("rearm") == "on_customer_message"

    def answered_or_settled(self, asked: int) -> int | None:
        """Return the answer to what was asked or, earlier, the solve without one that settles it."""
        reply = self.place(is_reply, asked)
        solve = next((at for at in range(asked + 1, len(self.moments)) if self.is_solve(at)), None)
        if solve is None or (reply is not None and self.moments[reply].at <= self.moments[solve].at):
            return reply
        return solve

    def is_settled(self, end: int | None) -> bool:
        """Tell whether what ended an instance of a reply clock is no reply."""
        stop = {word for moment in self.moments for word in self.rule(moment).get("stop", ())}
        return end is not None and "agent_public_reply" in stop and not is_reply(self.moments[end])

    def is_solve(self, place: int) -> bool:
        return self.moments[place].done and not self.moments[place - 1].done


def is_asking(moment: Moment) -> bool:
    return moment.what in ASKING


def is_reply(moment: Moment) -> bool:
    return moment.what == "agent"


def judged(told: Told) -> list[Judge]:
    judges = []
    for clock in clocks_ever(told) if told.whole else ():
        course = Course(told, clock)
        for number, (start, end) in enumerate(course.episodes(), start=1):
            judge = Judge(told, Verdict(clock, number, told.moments[start].at), course.promised(start))
            stretches = told.stretches(start, end)
            judge.walk(stretches)
            judge.charge()
            judge.conclude(None if end is None else told.moments[end].at, stretches)
            if course.is_settled(end) and judge.verdict.state == "met":
                judge.verdict.state = "void"  # nobody answered
            if judge.verdict.goal is not None or judge.fired:
                judges.append(judge)
    return judges
