"""The naive oracle, figures: what the stretches in somebody's hands answer, and how lines become one value."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from statistics import median

from kpi_engine_oracle import DAY, Stretch, Told, worked
from kpi_engine_oracle_indicators import Line, Past, Standing

WORKING_DAY = 8 * 3600
CLOCKS = ("first_reply", "next_reply", "resolution")  # those of which it is told by name that they are over
PART, AT, NUMERATOR, DENOMINATOR, ASSUMED, TICKET = 1, 6, 7, 8, 9, 11  # places in a line


# --- What is held -------------------------------------------------------------------------------------------------


def held_lines(past: Past, start: int, end: int) -> list[Line]:
    """Return what the ticket adds to the figures that holdings answer, of [start, end) as far as it has come."""
    end = min(end, past.told.as_of + 1)
    if past.told.excluded() or start >= end:
        return []
    standing = past.standing(end - 1)
    at_its_end = () if standing is None else at_instant(past.told, standing, end - 1)
    ticket = past.told.ticket
    lines = (*at_its_end, *over_period(past.told, start, end))
    return [(*line, ticket.channel, ticket.ticket_id, severity_at(past.told, line[6])) for line in lines]


def severity_at(told: Told, at: int) -> str | None:
    return told.says("severity", told.values_at(at), at)


def at_instant(told: Told, standing: Standing, instant: int) -> Iterator[Line]:
    """Yield the lines of a ticket that is unsolved at the instant."""
    whose = (standing.agent, standing.team, standing.priority, standing.segment, instant)
    counted = ["backlog", *([] if standing.answered else ["unreplied"])]
    counted += [] if standing.overdue_since is None else ["overdue_now"]
    counted += [f"overdue_now_{clock}" for clock in CLOCKS if clock in standing.late]
    if (owed := standing.owed_since) is not None:
        after = told.rules.parameter("forgotten", "after", WORKING_DAY, instant)
        forgotten = lasted(told, max(owed, standing.touched_at or owed), instant) > after
        counted += ["owed_replies", *(["forgotten"] if forgotten else [])]
    guessed = was_guessed(told, instant)
    for key in counted:
        yield key, None, *whose, 1, 1, guessed and key == "forgotten"
    yield "backlog_age", None, *whose, lasted(told, standing.opened_at, instant), 1, guessed
    binned = sum(max(0, min(each.end, instant) - each.start) for each in told.stretches() if each.meaning == "deleted")
    age = instant - standing.opened_at - binned
    yield "backlog_age_calendar", None, *whose, age, 1, False
    ages = {0: "0_to_1_days", 1: "1_to_3_days", 3: "3_to_7_days", 7: "7_to_14_days", 14: "from_14_days"}
    yield f"backlog_{ages[max(days for days in ages if days * DAY <= age)]}", None, *whose, 1, 1, False


def was_guessed(told: Told, instant: int) -> bool:
    """Tell whether the calendar had to be assumed at some time up to the instant while the ticket was unsolved."""
    return any(told.rules.calendar(each.values, each.start)[1] for each in held(told) if each.start <= instant)


def held(told: Told) -> list[Stretch]:
    """Return the stretches in which the ticket was unsolved and there, for longer than no time at all."""
    stretches = told.stretches()
    return [each for each in stretches if is_held(each) and (each.start < each.end or each is stretches[-1])]


def is_held(stretch: Stretch) -> bool:
    """Tell whether the ticket is unsolved, and there."""
    return not stretch.done and stretch.meaning != "deleted"


def lasted(told: Told, since: int, instant: int) -> int:
    """Return the business time of a stretch of waiting, by the calendar the ticket had when it was last unsolved."""
    seconds = 0
    standing = held(told)
    last = standing[0]
    for stretch in told.stretches():
        last = stretch if stretch in standing else last
        if stretch.meaning == "deleted":
            continue  # what lies in the bin waits for nobody
        first, end = max(since, stretch.start), min(instant, stretch.end)
        seconds += hours(told, told.rules.calendar_key(last.values, last.start), first, end) if first < end else 0
    return seconds


def hours(told: Told, key: str | None, start: int, end: int) -> int:
    """Return the worked seconds of a calendar, each part by its edition in force then."""
    if key is None:
        return end - start
    cuts = [start, *(turn for turn in told.rules.turns() if start < turn < end), end]
    return sum(worked(told.rules.spelled(key, first), first, last) for first, last in pairwise(cuts))


def over_period(told: Told, start: int, end: int) -> Iterator[Line]:
    """Yield the lines of each stretch in which the ticket was unsolved."""
    stretches = joined(told)
    for stretch in stretches:
        last = end if stretch is stretches[-1] else min(stretch.end, end)
        first = max(stretch.start, start)
        if is_held(stretch) and first < last:
            yield from of_stretch(told, stretch, (first, last), (start, end))


def joined(told: Told) -> list[Stretch]:
    """Return the stretches, those made one that follow each other in the same hands: what else changed ends none."""
    found: list[Stretch] = []
    *before, newest = told.stretches()
    for stretch in [*(each for each in before if each.start < each.end), newest]:
        if found and found[-1].end == stretch.start and hands(told, found[-1]) == hands(told, stretch):
            found[-1] = replace(found[-1], end=stretch.end)
        else:
            found.append(stretch)
    return found


def hands(told: Told, stretch: Stretch) -> tuple[object, ...]:
    """Return whose a stretch is, by which hours, and whether it is held at all."""
    values, start, rules = stretch.values, stretch.start, told.rules
    team = rules.team(values["assignee"], values["group"], start)
    kind = (values["priority"], told.reads("segment", values, start), values["requester"])
    guessed = rules.calendar(values, start)[1]
    return values["assignee"], team, *kind, rules.calendar_key(values, start), guessed, is_held(stretch)


def of_stretch(told: Told, stretch: Stretch, part: tuple[int, int], whole: tuple[int, int]) -> Iterator[Line]:
    """Yield the lines of the part of a stretch that lies in a period."""
    agent, requester = stretch.values["assignee"], stretch.values["requester"]
    team = told.rules.team(agent, stretch.values["group"], stretch.start)
    segment = told.reads("segment", stretch.values, stretch.start)
    whose = (agent, team, stretch.values["priority"], segment, part[0])
    key = told.rules.calendar_key(stretch.values, stretch.start)
    own = partial(told.rules.at_work, agent, whole[1] - 1, partial(hours, told, key))
    if (seconds := own(part)) > 0:
        guessed = told.rules.calendar(stretch.values, stretch.start)[1]
        yield "backlog_overlap", None, *whose, seconds, own(whole), guessed
        # Who still has it at the end has it until then.
        last = part[1] - 1 if part[1] == whole[1] else last_worked(own, *part)
        yield "backlog_overlap_max", None, *whose, first_worked(own, *part), last, guessed
    if requester is not None:
        yield "customers_served", requester, *whose, 1, 1, False
        yield "complaint_rate", requester, *whose, 0, 1, False


def first_worked(own: Callable[[tuple[int, int]], int], start: int, end: int) -> int:
    """Return the first second of [start, end) at work: nobody begins or ends within a minute."""
    found = start
    while found < end and not own((found, found + 1)):
        found = found // 60 * 60 + 60
    return found


def last_worked(own: Callable[[tuple[int, int]], int], start: int, end: int) -> int:
    """Return the last second of [start, end) at work."""
    second = end - 1
    while second > start and not own((second, second + 1)):
        second = second // 60 * 60 - 1
    return max(second, start)


# --- How lines become one value -----------------------------------------------------------------------------------


def figure(reduction: str, lines: Sequence[Line]) -> tuple[object, ...]:
    """Return (n, numerator, denominator, value) by the words of the catalogue; None where it is the value that counts.

    Lines of other series than the newest are left out of a mean score: scales are never pooled.
    """
    lines = newest_series(lines) if reduction == "series_mean" else lines
    if reduction in ("level", "overlap"):
        return None, None, None, level(lines) if reduction == "level" else load(lines)
    if reduction.startswith("nested"):
        return funnel(reduction, lines)
    parts, marked = {line[PART] for line in lines}, {line[PART] for line in lines if line[NUMERATOR] > 0}
    if reduction.startswith("distinct"):
        share = len(marked) / len(parts) if parts else None
        ends = {"distinct": (len(parts), len(parts)), "distinct_ratio": (share, len(marked))}[reduction]
        return len(parts), ends[1], len(parts), ends[0]
    if reduction == "shared":
        times = added_up(lines)
        return len(times), sum(times), len(times), sum(times) / len(times) if times else None
    n, above, below = len(lines), sum(line[NUMERATOR] for line in lines), sum(line[DENOMINATOR] for line in lines)
    ratio, mean = above / below if below else None, above / n if n else None
    values = {"count": n, "snapshot": n, "sum": above, "mean": mean, "ratio": ratio, "series_mean": ratio}
    values["breakdown"] = n
    if reduction == "max":
        largest = max((line[NUMERATOR] for line in lines), default=None)
        return n, largest or 0, int(bool(lines)), largest
    return n, above, below, values[reduction]


def funnel(reduction: str, lines: Sequence[Line]) -> tuple[object, ...]:
    """Return the same of a funnel: a line tells, as binary digits, which of which steps a customer came through."""
    steps = {
        place for line in lines for place in range(line[DENOMINATOR].bit_length()) if line[DENOMINATOR] >> place & 1
    }
    last, before = max(steps, default=0), sorted(steps)[:-1]
    came: dict[object, set[int]] = {line[PART]: set() for line in lines}
    for line in lines:
        came[line[PART]] |= {place for place in steps if line[NUMERATOR] >> place & 1}
    if reduction == "nested_beside":
        among = [done for done in came.values() if done & set(before) == {0}]
    else:
        among = [done for done in came.values() if done.issuperset(before)]
    through = sum(last in done for done in among) if steps else len(among)
    if reduction == "nested":
        return through, through, len(among), through
    counted = len(among) - through if reduction == "nested_rest" else through
    return len(among), counted, len(among), counted / len(among) if among else None


def added_up(lines: Sequence[Line]) -> list[int]:
    """Return the times of a mean, a ticket's parts that several had in it added up."""
    tickets = {line[TICKET]: 0 for line in lines}
    for line in lines:
        tickets[line[TICKET]] += line[NUMERATOR]
    return list(tickets.values())


def load(lines: Sequence[Line]) -> float:
    """Return how many tickets were held on average: each line tells of seconds held in so many of the period."""
    return float(sum(Fraction(line[NUMERATOR], line[DENOMINATOR]) for line in lines))


def newest_series(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines of the scale that was used last."""
    if not lines:
        return lines
    newest = max((line[AT], line[PART]) for line in lines)[1]
    return [line for line in lines if line[PART] == newest]


def level(lines: Sequence[Line]) -> int:
    """Return how many tickets were held at once at most: each line tells the first and the last second of one."""
    spans = [(line[NUMERATOR], line[DENOMINATOR]) for line in lines]
    return max((sum(first <= at <= last for first, last in spans) for at, _ in spans), default=0)


def spread(times: Sequence[int]) -> tuple[float | None, float | None]:
    """Return the median and the 90th percentile, interpolated at rank 0.9 (n - 1)."""
    if not times:
        return None, None
    ordered = sorted(times)
    place, rest = divmod(9 * (len(ordered) - 1), 10)
    above = ordered[min(place + 1, len(ordered) - 1)]
    return median(ordered), ordered[place] + rest * (above - ordered[place]) / 10
