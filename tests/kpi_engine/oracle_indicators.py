# ruff: noqa: D101, D102 -- what is not a function here is a noun of the catalogue
"""The naive oracle, indicators: each line of each indicator of a ticket, and how the ticket stood at any instant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kpi_engine_oracle import ASKING, Moment, PlainEdition, Stretch, Told, Values, worked
from kpi_engine_oracle_clocks import Judge, Verdict, judged

from kpi_engine.history import DerivedEvent, History
from kpi_engine.records import Rating, TicketSnapshot

Line = tuple[object, ...]  # indicator, part, agent, team, priority, segment, at, numerator, denominator, assumed, …
WEEK = 7 * 86_400


@dataclass
class Answers:
    lines: list[Line]
    clocks: list[tuple[object, ...]]
    firings: list[tuple[object, ...]]
    live: dict[str, object]


def answers(history: History, editions: Sequence[PlainEdition], as_of: int) -> Answers | None:
    """Return a ticket's answers, None where it is excluded or not yet there."""
    told = Told(history, editions, as_of)
    if told.excluded():
        return None
    judges = judged(told)
    families = (volume, responsiveness, resolution, quality, overdue, voice)
    lines = [line for family in families for line in family(told, judges)]
    clocks = [judge.verdict.answer() for judge in judges]
    return Answers(sorted(lines, key=repr), clocks, [*firings(told, judges)], live(judges, lines))


def line(told: Told, indicator: str, at: int, agent: str | None, **more: object) -> Line:
    what = {"part": None, "team": told.team(agent, at), "fraction": (1, 1), "assumed": False, **more}
    values = told.values_at(at)
    segment = told.reads("segment", values, at)
    place = (indicator, what["part"], agent, what["team"], values["priority"], segment, at)
    severity = told.says("severity", values, at)
    return *place, *what["fraction"], what["assumed"], told.ticket.channel, told.ticket.ticket_id, severity


def assignee_at(told: Told, at: int) -> str | None:
    return told.values_at(at)["assignee"]


# --- Spans of time ------------------------------------------------------------------------------------------------


@dataclass
class Spent:
    business: int = 0
    calendar: int = 0
    assumed: bool = False

    def add(self, told: Told, start: int, end: int, values: Values, since: int) -> None:
        spelled, guessed = told.rules.calendar(values, since)
        self.business += worked(spelled, start, end)
        self.calendar += end - start
        self.assumed |= guessed


def spent(told: Told, start: int, end: int, fits: object = None, switch: object = "segments") -> Spent:
    """Return the time of [start, end) in which the ticket was not deleted and `fits` its stretches."""
    total = Spent()
    closing = told.values_at(end)
    for stretch in told.stretches():
        first, last = max(stretch.start, start), min(stretch.end, end)
        if first < last and stretch.meaning != "deleted" and (fits is None or fits(stretch)):
            if switch == "closing_event":
                total.add(told, first, last, closing, end)
            else:
                total.add(told, first, last, stretch.values, stretch.start)
    return total


def both(told: Told, indicator: str, at: int, agent: str | None, took: Spent, **more: object) -> Iterator[Line]:
    """Yield the line in business time and its twin in calendar time."""
    yield line(told, indicator, at, agent, fraction=(took.business, 1), assumed=took.assumed, **more)
    yield line(told, f"{indicator}_calendar", at, agent, fraction=(took.calendar, 1), **more)


def span(told: Told, indicator: str, start: int, at: int, agent: str | None, **more: object) -> Iterator[Line]:
    """Yield both lines of a measure that one event closes."""
    switch = told.rules.parameter(indicator, "calendar_switch", "segments", at)
    yield from both(told, indicator, at, agent, spent(told, start, at, None, switch), **more)


# --- A: volume ----------------------------------------------------------------------------------------------------


def stations(told: Told, field: str = "assignee") -> list[tuple[int, str]]:
    """Return (at, who) of each time the ticket was given to somebody, the opening included; a robot is nobody."""
    befores = [None, *(moment.values[field] for moment in told.moments)]
    pairs = zip(befores, told.moments, strict=False)
    given = [(m.at, m.values[field]) for before, m in pairs if m.values[field] not in (None, before)]
    return [(at, who) for at, who in given if field != "assignee" or not told.rules.is_bot(who, at)]


def replies(told: Told, until: int | None = None) -> list[Moment]:
    """Return the agents' public replies, the opening comment never among them."""
    return [m for m in told.moments if m.what == "agent" and (until is None or m.at <= until)]


def turns(told: Told, until: int | None = None) -> list[Moment]:
    """Return the first reply of each run that no message of the customer's interrupts."""
    spoken = [m for m in told.moments if m.what in ("agent", *ASKING) and (until is None or m.at <= until)]
    befores = [None, *(moment.what for moment in spoken)]
    return [m for before, m in zip(befores, spoken, strict=False) if m.what == "agent" and before != "agent"]


def was_automatic(told: Told, moment: Moment) -> bool:
    """Tell whether no person solved the ticket there."""
    return moment.automatic or moment.actor is None or told.rules.is_bot(moment.actor, moment.at)


def volume(told: Told, _judges: Sequence[Judge]) -> Iterator[Line]:
    created_at, given = told.ticket.created_at, stations(told)
    first = given[0][1] if given else None
    yield line(told, "created", created_at, first)
    if opened_outbound(told):
        yield line(told, "created_outbound", created_at, first)
    yield line(told, "net_flow", created_at, first, fraction=(1, 1))
    solved = told.moments[-1].done and is_cohort(told)
    yield line(told, "solve_ratio", created_at, first, fraction=(int(solved), 1))
    for at, agent in given:
        yield line(told, "assigned", at, agent, part=told.ticket.ticket_id)
    for place in told.solves():
        yield from solve_line(told, "solve_events", told.moments[place])
    yield from flows_back(told)
    for moment in replies(told):
        yield line(told, "public_replies", moment.at, moment.actor)
    for moment in turns(told):
        yield line(told, "reply_turns", moment.at, moment.actor)
    for at, agent in touches(told):
        yield line(told, "tickets_touched", at, agent, part=told.ticket.ticket_id)
    if (solve := last_solve(told)) is not None:
        yield from volume_at_solve(told, solve)


def is_cohort(told: Told) -> bool:
    """Tell whether it is asked how many of the tickets created are solved by now."""
    return told.rules.parameter("solve_ratio", "cohort", "period", told.ticket.created_at) == "created"


def flows_back(told: Told) -> Iterator[Line]:
    """Yield what comes in again and goes out before the solve that stands, where that is asked for."""
    standing = told.last_solve()
    passing = [place for place in told.solves() if place != standing]
    for sign, places in ((1, told.reopens()), (-1, passing)):
        for moment in (told.moments[place] for place in places):
            if told.rules.parameter("net_flow", "reopens", "ignore", moment.at) == "count":
                yield line(told, "net_flow", moment.at, assignee_at(told, moment.at), fraction=(sign, 1))


def touches(told: Told) -> list[tuple[int, str]]:
    """Return (at, agent) of everything that people who work tickets did, once a second and agent."""
    return sorted({(moment.at, moment.actor) for moment in told.moments if moment.human})


def last_solve(told: Told) -> Moment | None:
    place = told.last_solve()
    return None if place is None else told.moments[place]


def solve_line(told: Told, indicator: str, solve: Moment) -> Iterator[Line]:
    automatic = was_automatic(told, solve)
    if not automatic or told.rules.parameter("solved", "automatic_solves", "count", solve.at) == "count":
        agent = assignee_at(told, solve.at)
        yield line(told, indicator, solve.at, agent, part="automatic" if automatic else None)


def records_kept(told: Told, at: int) -> Iterator[Line]:
    """Yield the root cause of a solved ticket, and whether all fields that are wanted and mapped are filled in."""
    ticket, agent = told.ticket, assignee_at(told, at)
    carriers = told.rules.body("meanings", at).get("fields", {})
    if cause := told.rules.reads("root_cause", at, ticket.fields, ticket.tags):
        yield line(told, "root_causes", at, agent, part=cause)
    wanted = [
        name
        for name in ("topic", "severity", "segment", "root_cause")
        if (carriers.get(name) or {}).get("field") is not None
        and told.rules.parameter("record_completeness", name, "needed", at) == "needed"
    ]
    if wanted:
        filled = all(told.rules.reads(name, at, ticket.fields, ticket.tags) for name in wanted)
        yield line(told, "record_completeness", at, agent, fraction=(int(filled), 1))


def volume_at_solve(told: Told, solve: Moment) -> Iterator[Line]:
    agent = assignee_at(told, solve.at)
    yield from solve_line(told, "solved", solve)
    yield from records_kept(told, solve.at)
    yield line(told, "net_flow", solve.at, agent, fraction=(-1, 1))
    if not is_cohort(told):
        yield line(told, "solve_ratio", solve.at, agent, fraction=(1, 0))
    if told.whole:
        took = spent(told, told.ticket.created_at, solve.at, lambda s: not s.done and s.values["assignee"] is None)
        yield from both(told, "unassigned_time", solve.at, None, took)


# --- B: responsiveness --------------------------------------------------------------------------------------------


@dataclass
class Wait:
    asked_at: int
    reply: Moment


def waits(told: Told) -> list[Wait]:
    """Return the waits that a reply ended; unless an agent opened the ticket in public, the first is from creation."""
    opened_at = told.ticket.created_at if told.whole and told.opened_by != "agent" else None
    return waits_from(told, opened_at, told.moments)[0]


def owed_since(told: Told, instant: int) -> int | None:
    """Return since when, at an instant, a public message of the customer's was owed an answer."""
    opened_at = told.ticket.created_at if told.whole and told.opened_by == "customer" else None
    return waits_from(told, opened_at, [moment for moment in told.moments if moment.at <= instant])[1]


def waits_from(told: Told, asked_at: int | None, moments: Sequence[Moment]) -> tuple[list[Wait], int | None]:
    """Return the waits that a reply ended, from the oldest unanswered message on, and when the open one began.

    Once something was answered, a solve settles what was asked and had no reply by the end of its second: a
    thank-you asks for nothing. What was asked before the first reply that we saw of a longer story need not be the
    oldest.
    """
    found, replied, seen = list[Wait](), not told.whole, told.whole
    solved_at = {told.moments[place].at for place in told.solves()}
    for moment, following in zip(moments, [*moments[1:], None], strict=True):
        if moment.what in ASKING and asked_at is None:
            asked_at = moment.at
        elif moment.what == "agent":
            found += [Wait(asked_at, moment)] if asked_at is not None and seen else []
            replied = replied or asked_at is not None or told.opened_by != "agent"
            asked_at, seen = None, True
        ends_its_second = following is None or following.at > moment.at
        if ends_its_second and moment.at in solved_at and replied:
            asked_at = None
    return found, asked_at


def responsiveness(told: Told, judges: Sequence[Judge]) -> Iterator[Line]:
    ended = waits(told)
    for number, wait in enumerate(ended):
        first = number == 0 and told.whole and wait.reply is replies(told)[0]
        for name in ("response_time", *(() if first else ("next_reply",))):
            yield from span(told, name, wait.asked_at, wait.reply.at, wait.reply.actor)
    for verdict in (judge.verdict for judge in judges if judge.verdict.clock == "first_reply"):
        yield from within(told, verdict)
    if told.whole:
        yield from from_creation(told, ended)


def from_creation(told: Told, ended: Sequence[Wait]) -> Iterator[Line]:
    created_at = told.ticket.created_at
    for start, reply in first_replies(told):
        yield from span(told, "first_reply", start, reply.at, reply.actor)
    if ended:
        times, last = [spent(told, wait.asked_at, wait.reply.at) for wait in ended], ended[-1].reply
        for name, join in (("total_reply_wait", sum), ("longest_wait", max)):
            took = Spent(join(each.business for each in times), join(each.calendar for each in times))
            took.assumed = any(each.assumed for each in times)
            yield from both(told, name, last.at, last.actor, took)
    if given := stations(told):
        yield from span(told, "time_to_assign", created_at, given[0][0], None)
    if touches(told) and not told.opened_by_agent:
        at, agent = touches(told)[0]
        yield from span(told, "time_to_acknowledge", created_at, at, agent)


def first_replies(told: Told) -> Iterator[tuple[int, Moment]]:
    """Yield (start, reply) of the first reply from creation, or from where the parameter has it start anew."""
    said = replies(told)
    if not said:
        return
    start = told.rules.parameter("first_reply", "start", "created", said[0].at)
    if start == "reopen":
        yield from replies_by_episode(told)
    elif start == "handoff":
        yield handed_over_at(told, said[0]), said[0]
    else:
        yield told.ticket.created_at, said[0]


def handed_over_at(told: Told, reply: Moment) -> int:
    """Return the last instant before a reply at which the assignee stopped being a machine, else the creation."""
    at = told.ticket.created_at
    earlier = [moment for moment in told.moments if moment.at < reply.at]
    for before, now in pairwise(earlier):
        was, has = before.values["assignee"], now.values["assignee"]
        if was is not None and told.rules.is_bot(was, before.at) and not (has and told.rules.is_bot(has, now.at)):
            at = now.at
    return at


def replies_by_episode(told: Told) -> Iterator[tuple[int, Moment]]:
    starts = [0, *told.reopens()]
    for start, end in zip(starts, [*starts[1:], len(told.moments)], strict=True):
        said = [moment for moment in told.moments[start:end] if moment.what == "agent"]
        if said:
            yield told.moments[start].at, said[0]


def within(told: Told, verdict: Verdict) -> Iterator[Line]:
    more = {"part": verdict.clock, "assumed": verdict.assumed}
    if verdict.breached_at is not None:
        more |= {"team": verdict.team, "fraction": (0, 1)}
        yield line(told, "first_reply_within", verdict.breached_at, verdict.agent, **more)
    elif verdict.state == "met":
        repliers = [m.actor for m in told.moments if m.what == "agent" and m.at == verdict.stopped_at]
        agent = repliers[0] if repliers else assignee_at(told, verdict.stopped_at)
        yield line(told, "first_reply_within", verdict.stopped_at, agent, **more)


# --- C: resolution ------------------------------------------------------------------------------------------------

STATES = {
    "requester_wait": ("new", "open", "hold"),
    "agent_wait": ("pending",),
    "on_hold": ("hold",),
    "agent_work": ("new", "open"),
}


def resolution(told: Told, _judges: Sequence[Judge]) -> Iterator[Line]:
    solve, created_at = last_solve(told), told.ticket.created_at
    if told.whole and told.solves():
        at = told.moments[told.solves()[0]].at
        yield from span(told, "first_resolution", created_at, at, assignee_at(told, at))
    if solve is not None:
        yield from span(told, "full_resolution", created_at, solve.at, assignee_at(told, solve.at))
    if solve is not None and told.whole:
        yield from states_at_solve(told, solve.at)
    yield from ownership(told)
    yield from update_gaps(told)


def states_at_solve(told: Told, at: int) -> Iterator[Line]:
    created_at, solver = told.ticket.created_at, assignee_at(told, at)
    before = [each for each in told.stretches() if each.start < min(each.end, at) and is_unsolved(each)]
    for name, states in STATES.items():
        for holder in {solver, *(stretch.values["assignee"] for stretch in before)}:
            took = spent(told, created_at, at, lambda s, h=holder, m=states: is_part_of(s, h, m))
            if took.calendar or holder is not None or solver is None:
                yield from both(told, name, at, holder, took)
    if given := [when for when, _ in stations(told) if when <= at]:
        yield from span(told, "assignment_to_solve", given[0], at, solver)
        yield from span(told, "last_assignment_to_solve", given[-1], at, solver)


def is_unsolved(stretch: Stretch) -> bool:
    return not stretch.done and stretch.meaning != "deleted"


def is_part_of(stretch: Stretch, holder: str | None, states: Sequence[str]) -> bool:
    """Tell whether a stretch in one of the states passed in somebody's hands."""
    return stretch.meaning in states and stretch.values["assignee"] == holder


def ownership(told: Told) -> Iterator[Line]:
    """Yield the time of each stretch in the same hands that ended; being deleted interrupts nothing."""
    runs: list[tuple[object, list[Stretch]]] = []
    for stretch in told.stretches():
        hands = None if stretch.done else (stretch.values["assignee"], stretch.values["group"])
        if runs and runs[-1][0] == hands:
            runs[-1][1].append(stretch)
        else:
            runs.append((hands, [stretch]))
    for number, (hands, run) in enumerate(runs[:-1]):
        if hands is not None and (told.whole or number > 0):
            start, end = run[0].start, run[-1].end
            took = spent(told, start, end)
            if took.calendar:
                team = told.rules.team(*hands, end)
                yield from both(told, "ownership_time", end, hands[0], took, team=team)


def update_gaps(told: Told) -> Iterator[Line]:
    said = replies(told)
    for earlier, later in pairwise(said):
        pending = told.rules.parameter("update_gap", "pending", "count", later.at)
        took = spent(
            told, earlier.at, later.at, lambda s, p=pending: not s.done and (p == "count" or s.meaning != "pending")
        )
        yield from both(told, "update_gap", later.at, assignee_at(told, later.at), took)


# --- D: quality ---------------------------------------------------------------------------------------------------


def quality(told: Told, judges: Sequence[Judge]) -> Iterator[Line]:
    yield from reopenings(told)
    yield from contacts(told)
    yield from escalated(told, judges)
    if (solve := last_solve(told)) is not None and told.whole:
        yield from touched(told, solve)
        yield from passed_on(told, solve)


def touched(told: Told, solve: Moment) -> Iterator[Line]:
    """Yield one-, two- and multi-touch: how many replies it took to solve the ticket."""
    rule = told.rules.parameter("one_touch", "touch_rule", "le1", solve.at)
    zero = told.rules.parameter("one_touch", "zero_reply", "count", solve.at)
    number = len(replies(told, solve.at)) + (rule == "eq1_incl_open" and told.opened_by == "agent")
    if number == 0 and zero == "exclude":
        return
    past = [stretch for stretch in told.stretches() if stretch.start <= solve.at]
    waited = any(stretch.meaning in ("pending", "hold") for stretch in past)
    one = {
        "le1": number <= 1,
        "eq1": number == 1,
        "eq1_incl_open": number == 1,
        "no_wait_status": number > 0 and not waited and not told.reopens(),
    }[str(rule)]
    agent = assignee_at(told, solve.at)
    for name, holds in (("one_touch", one), ("two_touch", number == 2), ("multi_touch", number > 2)):
        yield line(told, name, solve.at, agent, fraction=(int(holds), 1))


def passed_on(told: Told, solve: Moment) -> Iterator[Line]:
    people = [who for at, who in stations(told) if at <= solve.at]
    groups = [who for at, who in stations(told, "group") if at <= solve.at]
    comments = {m.actor for m in told.moments if m.at <= solve.at and m.human and m.field is None}
    counts = {
        "assignee_stations": len(people),
        "unique_assignees": len(set(people)),
        "group_stations": len(groups),
        "commenting_agents": len(comments),
    }
    for name, number in counts.items():
        yield line(told, name, solve.at, assignee_at(told, solve.at), fraction=(number, 1))


def real_reopens(told: Told, key: str, at: int) -> list[int]:
    """Return the places of the reopens, without a thank-you that an agent solved again in silence, if it is ignored."""
    found = told.reopens()
    if told.rules.parameter(key, "thanks_reopens", "count", at) == "count":
        return found
    return [place for place in found if not was_only_thanks(told, place)]


def was_only_thanks(told: Told, place: int) -> bool:
    again = next((told.moments[solve] for solve in told.solves() if solve > place), None)
    since = told.moments[place].at
    return again is not None and again.human and not any(since <= m.at <= again.at for m in replies(told))


def reopenings(told: Told) -> Iterator[Line]:
    for place in told.reopens():
        at, failed = told.moments[place].at, solve_before(told, place)
        if place in real_reopens(told, "reopen_rate", at) and may_fail(told, failed, at):
            yield line(told, "reopens", at, solved_by(told, failed))
    solves = told.solves() if told.whole else []
    solves = [place for place in solves if may_fail(told, place, told.moments[solves[-1]].at)]
    if solves:
        at = told.moments[solves[-1]].at
        undone = [place for place in real_reopens(told, "reopen_rate", at) if solve_before(told, place) in solves]
        agent = solved_by(told, solve_before(told, undone[-1]) if undone else solves[-1])
        yield line(told, "reopen_rate", at, agent, fraction=(int(bool(undone)), 1))


def solve_before(told: Told, place: int) -> int | None:
    return max((solve for solve in told.solves() if solve < place), default=None)


def may_fail(told: Told, solve: int | None, at: int) -> bool:
    """Tell whether the reopening of a solve is counted: of one by a machine only where those are."""
    by_machine = solve is not None and was_automatic(told, told.moments[solve])
    return not by_machine or told.rules.parameter("reopen_rate", "automatic_solves", "count", at) == "count"


def solved_by(told: Told, solve: int | None) -> str | None:
    """Return whose solve it was: the assignee's then, or when we first looked; nobody's where a machine did it."""
    if solve is None:
        return told.moments[0].values["assignee"]
    return None if was_automatic(told, told.moments[solve]) else assignee_at(told, told.moments[solve].at)


def returns(told: Told, start: int, end: int) -> bool:
    """Tell whether the requester came back with the same matter in [start, end), as topics were mapped at its start."""
    for each in told.history.derived:
        if each.kind != "requester_returned" or not start <= each.at < end or told.counts_nowhere(each.cause):
            continue
        if told.is_outbound(each.cause, each.at):
            continue
        if each.cause.follows == told.ticket.ticket_id:
            return True
        theirs = told.rules.reads("topic", start, each.cause.fields, each.cause.tags)
        ours = told.rules.reads("topic", start, told.ticket.fields, told.ticket.tags)
        if theirs is None or ours is None or theirs == ours:
            return True
    return False


def contacts(told: Told) -> Iterator[Line]:
    created_at, given = told.ticket.created_at, stations(told)
    window = told.rules.parameter("repeat_contact_rate", "window", WEEK, created_at)
    if told.as_of > created_at + window and not opened_outbound(told):
        again = returns(told, created_at, created_at + window)
        part, first = told.ticket.requester_id, given[0][1] if given else None
        yield line(told, "repeat_contact_rate", created_at, first, part=part, fraction=(int(again), 1))
    if told.whole:
        yield from first_contact(told)


def first_contact(told: Told) -> Iterator[Line]:
    """Yield the lines of both: the gross one of every ticket as soon as the window since its creation is over."""
    key, solve, created_at = "first_contact_resolution", last_solve(told), told.ticket.created_at
    gross_counts = told.as_of > created_at + told.rules.parameter(key, "window", WEEK, created_at)
    failed, agent = ["not_solved"], told.moments[-1].values["assignee"]
    if solve is not None:
        agent = assignee_at(told, solve.at)
        if was_automatic(told, solve) and told.rules.parameter(key, "automatic_solves", "count", solve.at) == "exclude":
            return
        window, failed = told.rules.parameter(key, "window", WEEK, solve.at), ["window_open"]
        if told.as_of > solve.at + window:
            failed = failed_at_first_contact(told, solve, window)
            yield contact_line(told, key, solve.at, agent, failed)
    if gross_counts:
        yield contact_line(told, f"{key}_gross", created_at, agent, failed)


def contact_line(told: Told, key: str, at: int, agent: str | None, failed: Sequence[str]) -> Line:
    return line(told, key, at, agent, fraction=(int(not failed), 1), part="+".join(failed) or None)


def failed_at_first_contact(told: Told, solve: Moment, window: int) -> list[str]:
    """Return which of the four conditions failed."""
    merges = [came_back_by_merge(told, each, solve.at, window) for each in told.history.derived]
    conditions = {
        "reply_turns": len(turns(told, solve.at)) == 1,
        "transferred": len({who for when, who in stations(told) if when <= solve.at}) <= 1,
        "reopened": not real_reopens(told, "first_contact_resolution", solve.at),
        "returned": not returns(told, solve.at, solve.at + window) and not any(merges),
    }
    return [name for name, holds in conditions.items() if not holds]


def opened_outbound(told: Told) -> bool:
    """Tell whether an agent opened the ticket for the customer, not to write down a call."""
    return told.opened_by_agent and told.ticket.channel not in ("phone", "voice")


def came_back_by_merge(told: Told, merged: DerivedEvent, solved_at: int, window: int) -> bool:
    """Tell whether a ticket merged into this one is the requester's return within the window after the solve."""
    cause = merged.cause
    if merged.kind != "merged_in" or merged.at > told.as_of or cause.requester_id != told.ticket.requester_id:
        return False
    meanings = told.rules.body("meanings", cause.created_at)
    by_tag = {*meanings.get("excluded_tags", ()), "helpdesk-kpi"} & set(cause.tags)
    by_rule = by_tag or cause.form_id in meanings.get("excluded_forms", ())
    by_rule = by_rule or told.is_outbound(cause, cause.created_at)
    return solved_at <= cause.created_at < solved_at + window and not by_rule


def escalated(told: Told, judges: Sequence[Judge]) -> Iterator[Line]:
    for at, agent in touches(told):
        yield line(told, "escalation_rate", at, agent, part=told.ticket.ticket_id, fraction=(0, 1))
    for judge in judges:
        for name, at in ((name, at) for name, level, at in judge.fired if level >= 1):
            for key in ("escalation_rate", f"{judge.kinds[name]}_escalations"):
                yield line(told, key, at, assignee_at(told, at), part=told.ticket.ticket_id)


# --- E: overdue ---------------------------------------------------------------------------------------------------


def overdue(told: Told, judges: Sequence[Judge]) -> Iterator[Line]:
    verdicts = [judge.verdict for judge in judges]
    for judge in judges:
        verdict = judge.verdict
        if verdict.breached_at is not None:
            yield from breached(told, judge)
        elif verdict.state == "met":
            per_cent = told.rules.parameter("near_miss", "per_cent", 75, verdict.stopped_at)
            near = verdict.elapsed * 100 > verdict.goal * per_cent
            yield verdict_line(told, "overdue_rate", verdict, (0, 1))
            yield verdict_line(told, "goals_met", verdict, (1, 1))
            yield verdict_line(told, "near_miss", verdict, (int(near), 1))
        if verdict.clock == "ownership" and (verdict.breached_at is not None or verdict.state == "met"):
            yield internal(told, verdict)
    yield from all_goals(told, verdicts)


def internal(told: Told, verdict: Verdict) -> Line:
    """Return what a group promised the others: nobody's, of the group that had the ticket."""
    at = verdict.stopped_at if verdict.breached_at is None else verdict.breached_at
    team = told.rules.team(None, told.values_at(verdict.started_at)["group"], at)
    more = {"part": verdict.clock, "assumed": verdict.assumed, "fraction": (int(verdict.breached_at is None), 1)}
    return line(told, "internal_goals_met", at, None, team=team, **more)


def breached(told: Told, judge: Judge) -> Iterator[Line]:
    verdict = judge.verdict
    once = f"{verdict.clock}:{told.ticket.ticket_id}"  # in a period a ticket counts once per kind of clock
    yield verdict_line(told, "overdue_count", verdict, (1, 1), part=once)
    severe = verdict_line(told, "severe_overdue_count", verdict, (1, 1), part=once)
    severity = told.says("severity", told.values_at(verdict.breached_at), verdict.breached_at)  # as it was then
    if (severity or severe[4] or "").lower() in ("s1", "urgent"):
        yield severe
    yield verdict_line(told, "overdue_rate", verdict, (1, 1))
    yield verdict_line(told, "goals_met", verdict, (0, 1))
    if verdict.stopped_at is not None:
        over = max(0, verdict.elapsed - verdict.goal)
        yield verdict_line(told, "overdue_minutes", verdict, (over, 1), at=verdict.stopped_at)
        wall = judge.over_on_the_wall() if over else 0
        yield verdict_line(told, "overdue_minutes_calendar", verdict, (wall, 1), at=verdict.stopped_at)


def verdict_line(
    told: Told, indicator: str, verdict: Verdict, fraction: tuple[int, int], at: int | None = None, **more: object
) -> Line:
    """Return a line at the breach for who answers for it, or at the end of the clock for whoever has the ticket."""
    more = {"part": verdict.clock, "assumed": verdict.assumed, "fraction": fraction, **more}
    if verdict.breached_at is None:
        return line(told, indicator, verdict.stopped_at, assignee_at(told, verdict.stopped_at), **more)
    said = line(told, indicator, verdict.breached_at, verdict.agent, team=verdict.team, **more)
    return said if at is None else (*said[:6], at, *said[7:])


def all_goals(told: Told, verdicts: Sequence[Verdict]) -> Iterator[Line]:
    late = [verdict for verdict in verdicts if verdict.breached_at is not None]
    met = [verdict for verdict in verdicts if verdict.state == "met"]
    if late:
        first = min(late, key=lambda verdict: verdict.breached_at)
        yield verdict_line(told, "goals_met_tickets", first, (0, 1), part=None)
    elif met and all(verdict.state in ("met", "void") for verdict in verdicts):
        last = max(met, key=lambda verdict: verdict.stopped_at)
        yield verdict_line(told, "goals_met_tickets", last, (1, 1), part=None)


# --- F: the customer's voice --------------------------------------------------------------------------------------

RANKS = {"bad": 0, "neutral": 1, "good": 2}
Given = tuple[int, Rating]  # its rank and the state of the rating that gave it


def rating_states(told: Told) -> list[list[Rating]]:
    """Return what is known of each rating, in order of time."""
    known = sorted((r for r in told.history.ratings if r.at <= told.as_of), key=lambda r: (r.at, r.version))
    return [[r for r in known if r.rating_id == name] for name in sorted({r.rating_id for r in known})]


def says_something(rating: Rating) -> bool:
    return rating.category is not None or rating.score is not None


def rank_of(told: Told, rating: Rating) -> int | None:
    """Return the platform's own verdict, else what the score says: from 75 per cent of its scale on it is good."""
    if rating.category is not None:
        return RANKS[rating.category]
    if rating.score is None or rating.scale is None:
        return None
    low, high = rating.scale
    per_cent = 100 * (rating.score - low) / (high - low)
    if per_cent >= told.rules.parameter("satisfaction_rate", "positive_from", 75, rating.at):
        return RANKS["good"]
    return RANKS["neutral"] if per_cent >= 50 else RANKS["bad"]


def all_given(told: Told) -> list[Given]:
    """Return every verdict in order of time, of ratings that were not withdrawn."""
    states = [state for each in rating_states(told) if says_something(each[-1]) for state in each]
    found = [(rank, state) for state in states if (rank := rank_of(told, state)) is not None]
    return sorted(found, key=lambda given: (given[1].at, given[1].version, given[1].rating_id))


def the_one(told: Told) -> Given | None:
    given = all_given(told)
    if not given:
        return None
    rule = told.rules.parameter("satisfaction_rate", "rating_policy", "latest", given[-1][1].at)
    worst = min(given, key=lambda each: each[0])
    return {"latest": given[-1], "first": given[0], "worst": worst}[rule]


def rated_line(told: Told, key: str, rating: Rating, **more: object) -> Line:
    return line(told, key, rating.at, rating.agent_id or assignee_at(told, rating.at), **more)


def voice(told: Told, _judges: Sequence[Judge]) -> Iterator[Line]:
    given, one = all_given(told), the_one(told)
    if one is not None:
        warranty = is_marked(told.rules.reads("warranty", one[1].at, told.ticket.fields, told.ticket.tags))
        yield from rated(told, one, "satisfaction_rate", "positive_feedback")
        yield from rated(told, one, "warranty_satisfaction", "warranty_positive") if warranty else ()
        yield from scored(told, one[1])
        if given[0][0] != given[-1][0]:
            name = "ratings_improved" if given[-1][0] > given[0][0] else "ratings_worsened"
            yield rated_line(told, name, given[-1][1])
    yield from surveys(told, [rating.at for _, rating in given])
    yield from complaints(told)


def rated(told: Told, one: Given, share: str, count: str) -> Iterator[Line]:
    rank, rating = one
    neutral = told.rules.parameter("satisfaction_rate", "neutral_votes", "against", rating.at)
    if rank == RANKS["good"]:
        yield rated_line(told, count, rating, part=told.ticket.requester_id)
    if rank != RANKS["neutral"] or neutral != "ignore":
        positive = rank == RANKS["good"] or (rank == RANKS["neutral"] and neutral == "for")
        yield rated_line(told, share, rating, fraction=(int(positive), 1))


def scored(told: Told, rating: Rating) -> Iterator[Line]:
    """Yield the score in hundredths; each scale is a series of its own."""
    if rating.score is not None and rating.scale is not None:
        low, high = rating.scale
        more = {"part": f"{low:g}-{high:g}", "fraction": (round(rating.score * 100), 100)}
        yield rated_line(told, "satisfaction_mean", rating, **more)


def surveys(told: Told, answers_at: Sequence[int]) -> Iterator[Line]:
    sent = sorted({event.at for event in told.heard if event.kind == "survey_offered"})
    if not sent:
        sent = sorted(
            {at for states in rating_states(told) if (at := sent_at(states)) is not None and at <= told.as_of}
        )
    for at, following in zip(sent, [*sent[1:], None], strict=False):
        answered = any(at <= answer and (following is None or answer < following) for answer in answers_at)
        yield line(told, "survey_response_rate", at, assignee_at(told, at), fraction=(int(answered), 1))
    if (solve := last_solve(told)) is not None:
        asked = bool(sent or answers_at)
        yield line(told, "survey_coverage", solve.at, assignee_at(told, solve.at), fraction=(int(asked), 1))


def sent_at(states: Sequence[Rating]) -> int | None:
    known = [state.offered_at for state in states if state.offered_at is not None]
    if known:
        return known[0]
    return None if says_something(states[0]) else states[0].at


def is_marked(value: str | None) -> bool:
    return value is not None and value.lower() not in ("", "0", "false", "no", "none")


def of_ticket(told: Told, meaning: str, ticket: TicketSnapshot) -> str | None:
    return told.rules.reads(meaning, ticket.created_at, ticket.fields, ticket.tags)


def named_agent(told: Told, ticket: TicketSnapshot) -> str | None:
    """Return the agent whom the ticket's field names: by id, or by a name or an address that only one has."""
    value = of_ticket(told, "responsible_agent", ticket)
    people = {key: told.rules.body("agent", told.as_of, key) for kind, key in told.rules.lines if kind == "agent"}
    if value is None or value in people:
        return value
    fitting = [
        key for key, who in people.items() if value.lower() in (who["name"].lower(), (who["email"] or "").lower())
    ]
    return fitting[0] if len(fitting) == 1 else None


def is_complaint(told: Told, ticket: TicketSnapshot) -> bool:
    return is_marked(of_ticket(told, "complaint", ticket))


def complaints(told: Told) -> Iterator[Line]:
    ticket = told.ticket
    agent = named_agent(told, ticket)
    if is_complaint(told, ticket):
        yield line(told, "complaints", ticket.created_at, agent, part=matter(told, ticket))
        for key, meaning in (("complaints_by_cause", "complaint_cause"), ("complaints_by_topic", "topic")):
            yield line(told, key, ticket.created_at, agent, part=of_ticket(told, meaning, ticket))
        if agent is not None:
            yield from answered_for(told, ticket, agent)
    following = next_ticket(told)
    if following is not None and is_complaint(told, following) and named_agent(told, following) is None:
        cause = of_ticket(told, "complaint_cause", following)
        solver = solver_before(told, following.created_at)
        if solver is not None and (cause is None or cause.lower() == "agent"):
            yield from answered_for(told, following, solver)


def answered_for(told: Told, ticket: TicketSnapshot, agent: str) -> Iterator[Line]:
    yield complaint_line(told, "complaints_attributed", ticket, agent, matter(told, ticket))
    if ticket.requester_id is not None:
        yield complaint_line(told, "complaint_rate", ticket, agent, ticket.requester_id)


def complaint_line(told: Told, key: str, ticket: TicketSnapshot, agent: str, part: str | None) -> Line:
    said = line(told, key, ticket.created_at, agent, part=part)
    if ticket is told.ticket:
        return said
    segment, severity = (of_ticket(told, meaning, ticket) for meaning in ("segment", "severity"))
    return *said[:4], ticket.priority, segment, *said[6:10], ticket.channel, ticket.ticket_id, severity


def matter(told: Told, ticket: TicketSnapshot) -> str | None:
    return of_ticket(told, "complaint_cause", ticket) or of_ticket(told, "topic", ticket)


def next_ticket(told: Told) -> TicketSnapshot | None:
    """Return the requester's next ticket that counts: a complaint is linked to the one before it."""
    later = [each for each in told.history.derived if each.kind == "requester_returned" and each.at <= told.as_of]
    counting = [each for each in later if not told.counts_nowhere(each.cause)]
    return min(counting, key=lambda each: (each.at, each.cause_ticket_id)).cause if counting else None


def solver_before(told: Told, at: int) -> str | None:
    """Return who solved the ticket last before an instant; if that was before we looked, who had it then."""
    places = [0] if told.moments[0].done else []
    solved_at = [told.moments[place].at for place in (*places, *told.solves()) if told.moments[place].at <= at]
    return assignee_at(told, solved_at[-1]) if solved_at else None


# --- Firings and fields -------------------------------------------------------------------------------------------


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
    taken: dict[object, int] = {}
    for said in sorted(lines, key=lambda line: line[6]):
        taken.setdefault(said[0], said[7])  # the first reply is shown
    return {
        "due_at": min(due) // 60 * 60 if due else None,
        "overdue": bool(over),
        "overdue_clock": ",".join(dict.fromkeys(judge.verdict.clock for judge in over)) or None,
        "escalation_level": (max(levels) or None) if levels else None,
        "first_reply_minutes": whole_minutes(taken.get("first_reply")),
        "resolution_minutes": whole_minutes(taken.get("full_resolution")),
    }


def whole_minutes(taken: int | None) -> int | None:
    return None if taken is None else taken // 60 + (taken % 60 >= 30)


# --- How the ticket stood -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """How an unsolved ticket stood at an instant."""

    agent: str | None
    team: str | None
    status: str
    priority: str | None
    segment: str | None
    requester: str | None
    opened_at: int
    answered: bool
    owed_since: int | None
    touched_at: int | None
    overdue_since: int | None
    late: frozenset[str]

    def answer(self) -> tuple[object, ...]:
        return tuple(vars(self).values())[:-1]  # the fields in their order; of holdings alone, which know no clocks


class Past:
    """A ticket's past, as known at `as_of`, to be asked about any instant."""

    def __init__(self, history: History, editions: Sequence[PlainEdition], as_of: int) -> None:
        self.told = Told(history, editions, as_of)
        self.judges = judged(self.told)

    def standing(self, instant: int) -> Standing | None:
        """Return how the ticket stood at a past instant, None where it was not in the backlog."""
        told = self.told
        if told.excluded() or instant < told.ticket.created_at:
            return None
        now = told.moment_at(instant)
        if now.done or now.meaning == "deleted":
            return None
        past = [moment for moment in told.moments if moment.at <= instant]
        agent = now.values["assignee"]
        late = [judge.verdict for judge in self.judges if judge.over_at(instant)]
        return Standing(
            agent=agent,
            team=told.rules.team(agent, now.values["group"], now.at),
            status=now.meaning,
            priority=now.values["priority"],
            segment=told.reads("segment", now.values, now.at),
            requester=now.values["requester"],
            opened_at=told.ticket.created_at,
            answered=not told.whole or any(moment.what == "agent" for moment in past),
            owed_since=owed_since(told, instant),
            touched_at=max((moment.at for moment in past if moment.human), default=None),
            overdue_since=min((verdict.breached_at for verdict in late), default=None),
            late=frozenset(verdict.clock for verdict in late),
        )
