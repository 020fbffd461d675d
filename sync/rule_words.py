"""Rules in words: goals, and which tickets a policy is for, as whoever is judged by them reads them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from config.clocks import Clock
from config.conditions import Clause, When
from config.escalations import On, Step
from config.goals import TimeByPriority
from config.policies import Policy
from kpi_engine.conditions import YES_OR_NO
from kpi_engine.durations import seconds_of, working_days_of
from kpi_engine.message import Message, message
from sync.counting import HOURS, MINUTES, SECONDS, WORKING_DAYS
from sync.locale import Language
from sync.role_words import priority_name
from sync.wording import clock_name

_WORDS: Final = {"any": message("every other ticket"), "default": message("tickets without one")}
_TIMES: Final = {"business": message("in opening hours"), "calendar": message("around the clock")}
_FOLLOWED: Final = {
    "warn": message("the first warning"),
    "breach": message("the breach"),
    "met": message("the end of the clock"),
}
_STATUSES: Final = {
    "new": message("new"),
    "open": message("open"),
    "pending": message("pending"),
    "hold": message("on hold"),
    "solved": message("solved"),
    "closed": message("closed"),
}
_SUBJECTS: Final[Mapping[str, Message]] = {
    "segment": message("the customer's segment"),
    "channel": message("the channel"),
    "group": message("the group"),
    "form": message("the form"),
    "type": message("the type"),
    "organization": message("the customer's organization"),
    "status": message("the status"),
    "priority": message("the priority"),
    "severity": message("the severity"),
    "tag": message("a tag"),
    "topic": message("the topic"),
    "complaint_cause": message("the cause of the complaint"),
    "root_cause": message("the root cause"),
}
_SAID: Final[Mapping[str, tuple[Message, Message]]] = {
    "complaint": (message("it is a complaint"), message("it is no complaint")),
    "warranty": (message("it is a warranty case"), message("it is no warranty case")),
}


# --- Goals -----------------------------------------------------------------------------------------------------------


def clock_text(clock: Clock, language: Language) -> str:
    """Return a clock's goals, in which time they count, and when it stands still."""
    told = language(message("{clock}: {goals}", clock=clock_name(clock.id), goals="; ".join(_goals(clock, language))))
    parts = [told, *map(language, _further(clock, language))]
    return "; ".join(parts)


def _goals(clock: Clock, language: Language) -> Iterator[str]:
    goals = _given(clock)
    alone = goals.keys() == {"any"}
    for word, goal in goals.items():
        length = goal_text(goal, goals, language)
        yield length if alone else f"{_word(word, language)}: {length}"


def goal_text(goal: str, goals: Mapping[str, str], language: Language) -> str:
    """Return a goal in words; one that names another word is told as being that one's."""
    if goal in goals:
        return language(message("as {word}", word=_word(goal, language)))
    days = working_days_of(goal)
    if days == 0:
        return language(message("the same working day"))
    return length_text(seconds_of(goal), language) if days is None else language(WORKING_DAYS.of(days, language))


def length_text(seconds: int, language: Language) -> str:
    """Return a length of time exactly and in whole words, such as 1 hour 30 minutes."""
    hours, rest = divmod(seconds, 3600)
    parts = zip((HOURS, MINUTES, SECONDS), (hours, *divmod(rest, 60)), strict=True)
    return " ".join(language(noun.of(n, language)) for noun, n in parts if n)


def _word(word: str, language: Language) -> str:
    return language(_WORDS[word] if word in _WORDS else priority_name(word))


def _further(clock: Clock, language: Language) -> Iterator[Message]:
    if isinstance(clock.time, TimeByPriority):
        times = clock.time.model_dump(exclude_none=True)
        told = (f"{_time_word(word, language)} {language(_TIMES[time])}" for word, time in times.items())
        yield message("counted {times}", times=", ".join(told))
    elif any(working_days_of(goal) is None for goal in _lengths(clock)):
        yield message("counted {times}", times=_TIMES[clock.time])
    if clock.end_of_day:
        yield message("to the end of the working day on which it is due")
    if clock.pause_in:
        statuses = ", ".join(language(_STATUSES[each]) for each in clock.pause_in)
        yield message("stands still while {statuses}", statuses=statuses)


def _given(clock: Clock) -> Mapping[str, str]:
    by_priority = {} if clock.goal is None else clock.goal.model_dump(exclude_none=True)
    if clock.goal_by is None:
        return by_priority
    return next(iter(clock.goal_by.model_dump(exclude_none=True).values()))


def _lengths(clock: Clock) -> list[str]:
    goals = _given(clock)
    return [goal for goal in goals.values() if goal not in goals]


def _time_word(word: str, language: Language) -> str:
    return language(_WORDS["any"] if word == "default" else priority_name(word))


# --- Escalations -----------------------------------------------------------------------------------------------------


def step_text(on: On, step: Step, allowed: Collection[str], language: Language) -> Message | None:
    """Return what a step of an escalation does on a ticket, as far as that is allowed; None where it is nothing."""
    done = "; ".join(language(told) for effect, told in _doings(step) if effect in allowed)
    if not done:
        return None
    parts = {"clock": clock_name(on.clock), "when": _when_due(step, language), "level": step.level, "done": done}
    if on.policy is None:
        return message("{clock}, {when} (level {level}): {done}", **parts)
    return message("{clock} of {policy}, {when} (level {level}): {done}", policy=on.policy, **parts)


def _doings(step: Step) -> Iterator[tuple[str, Message]]:
    if step.note:
        yield "note", message("a private note says so, naming roles alone")
    if step.assign:
        yield "assign", message("the ticket goes to the group {group}", group=step.assign)
    if step.raise_priority:
        yield "raise_priority", message("the priority is raised by one")
    if step.add_tags:
        yield "add_tags", message("tags are added: {tags}", tags=", ".join(step.add_tags))


def _when_due(step: Step, language: Language) -> Message:
    after = seconds_of(step.after)
    if not after:
        return message("at {what}", what=_FOLLOWED[step.at])
    return message("{time} after {what}", time=length_text(after, language), what=_FOLLOWED[step.at])


# --- Conditions ------------------------------------------------------------------------------------------------------


def policy_text(policy: Policy, place: int, language: Language) -> str:
    """Return which tickets a policy is for; `place` tells whether others come before it."""
    if policy.when.is_everything:
        told = message("For every ticket that no policy before this is for.") if place else message("For every ticket.")
    elif place:
        told = message(
            "For tickets that no policy before this is for, and of which this holds: {conditions}.",
            conditions=when_text(policy.when, language),
        )
    else:
        told = message("For tickets of which this holds: {conditions}.", conditions=when_text(policy.when, language))
    return language(told)


def when_text(when: When, language: Language) -> str:
    """Return what is asked of a ticket."""
    return "; ".join(_parts(when, language))


def _parts(when: When, language: Language) -> Iterator[str]:
    yield from (clause_text(clause, language) for clause in when.all)
    if when.any:
        yield language(message("at least one of: {clauses}", clauses=_listed(when.any, language)))
    if when.none:
        yield language(message("none of: {clauses}", clauses=_listed(when.none, language)))


def _listed(clauses: Iterable[Clause], language: Language) -> str:
    return " / ".join(clause_text(each, language) for each in clauses)


def clause_text(clause: Clause, language: Language) -> str:
    """Return one clause: each of its subjects with the words of which one is enough."""
    joined = language(message(" and "))
    return joined.join(
        language(_asked(subject, sorted(words), language)) for subject, words in sorted(clause.asked.items())
    )


def _asked(subject: str, words: list[str], language: Language) -> Message:
    if subject in YES_OR_NO:
        yes, no = _SAID[subject]
        return yes if words == ["True"] else no
    told = [language(_STATUSES[word]) if subject == "status" else word for word in words]
    told = [language(priority_name(word)) for word in words] if subject == "priority" else told
    named = _SUBJECTS.get(subject, subject)  # a field of the account's own goes by its name
    if len(told) == 1:
        return message("{subject} is {word}", subject=named, word=told[0])
    return message("{subject} is one of {words}", subject=named, words=", ".join(told))
