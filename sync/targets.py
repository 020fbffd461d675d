"""Targets beside figures: which are in force in a period, whose they are, and how far each is attained."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kpi_engine.editions import Edition
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import CreditLine
from kpi_engine.message import Message, message
from kpi_engine.periods import Period, PeriodKind, period_at, period_named
from kpi_engine.reduce import Cell, Scope, tallied
from kpi_engine.rulebook import Kind, Rulebook
from kpi_engine.tally import Tally
from kpi_engine.targets import Attainment, Target, attained
from sync.account import Account
from sync.counting import TARGETS
from sync.locale import Language
from sync.sources import Asked
from sync.wording import subject_name

PLAIN: Final = Language("en")


@dataclass(frozen=True, slots=True)
class Judged:
    """One subject's figure beside a target.

    `judging` is false where the target only informs, for it came too late; `running`: the stretch is not over.
    """

    target: Target
    subject: str | None
    figure: Cell
    baseline: Cell | None
    attainment: Attainment
    judging: bool
    running: bool


def in_force(account: Account, at: int) -> list[Target]:
    """Return the targets in force at an instant, those of the newest edition that had begun by then: each since when.

    One that earlier editions knew just so holds since the first of these; what the first edition knew holds from the
    beginning.
    """
    editions = [each for each in account.store.editions.all(account.name) if each.kind == Kind.TARGETS]
    begun = [each for each in editions if each.valid_from is None or each.valid_from <= at]
    since: dict[tuple[object, ...], int] = {}
    newest: list[Target] = []
    for edition in begun:
        newest = _targets_of(edition)
        since = {each.terms: since.get(each.terms, edition.valid_from or 0) for each in newest}
    return [replace(each, since=since[each.terms]) for each in newest]


def _targets_of(edition: Edition) -> list[Target]:
    documents = edition.body["targets"]
    return [Target.from_document(each) for each in documents] if isinstance(documents, list) else []


def judged(asked: Asked, scope: Scope, subjects: Collection[str | None]) -> list[Judged]:
    """Return every figure of these subjects of the scope in the period that has a target, by indicator and subject.

    The targets are those in force when the period began; nobody is judged by one that came later.
    """
    period, known = asked.window.period, set(asked.keys) - set(asked.missing)
    here = [each for each in in_force(asked.account, period.start) if each.scope is scope and each.by is period.kind]
    targets = _valid([each for each in here if each.indicator in known], period)
    of_whom = _Whose(asked, scope, subjects)
    figures = of_whom.figures([(each, each.stretch(period)) for each in targets])
    baselines = of_whom.figures([(each, each.before(each.stretch(period))) for each in targets])
    found = [
        _judged(asked, target, figure, baselines[number].get(subject))
        for number, target in enumerate(targets)
        for subject, figure in figures[number].items()
        if _concerns(target, figure, asked.window.rulebook, targets)
    ]
    order = list(INDICATORS)
    return sorted(found, key=lambda each: (order.index(each.target.indicator), each.subject or ""))


def _valid(targets: Sequence[Target], last: Period) -> list[Target]:
    """Return, of several targets for one figure, the one that has been valid latest when its stretch began.

    One that is yet to come stands only where there is no other: it judges nobody.
    """
    found: dict[tuple[object, ...], Target] = {}
    for each in targets:
        about = (*each.about, each.subject)
        before = found.setdefault(about, each)
        if _validity(each, last) > _validity(before, last):
            found[about] = each
    return list(found.values())


def _validity(target: Target, last: Period) -> tuple[bool, str]:
    return target.begun(target.stretch(last)), target.valid_from or ""


def untold_targets(asked: Asked, scope: Scope) -> Message | None:
    """Return why the period shows none of the configured targets; None where it does, or there are none."""
    account, period = asked.account, asked.window.period
    editions = [each for each in account.store.editions.all(account.name) if each.kind == Kind.TARGETS]
    newest = _targets_of(editions[-1]) if editions else []
    here = in_force(account, period.start)
    if not newest or any(each.scope is scope and each.by is period.kind for each in here):
        return None
    listed = TARGETS.of(len(newest))
    pairs = {f"--scope {each.scope.value} --by {each.by.value}" for each in newest}
    since = editions[-1].valid_from or 0
    first = [day for each in newest if (day := first_judged(each, period.zone, since)) is not None]
    if here:
        ways = ", ".join(sorted(pairs))
        return message(
            "{targets}, none for this scope and length of period; shown by: {ways}", targets=listed, ways=ways
        )
    if not first:
        return message("{targets}, and none was announced (`announced_on`): nobody is judged", targets=listed)
    return message(
        "{targets}, none in force when {period} began; the first window to be judged begins {day}",
        targets=listed,
        period=period.label,
        day=min(first),
    )


def first_judged(target: Target, zone: str, since: int) -> str | None:
    """Return the day on which the first window begins that a target in force since then judges; None for never."""
    if target.announced_on is None:
        return None
    days = [day for day in (target.announced_on, target.valid_from) if day is not None]
    earliest = max(since, *(period_named(day, zone).start for day in days))
    window = period_at(target.by, zone, earliest)
    begins = window.start if window.start == earliest else window.end
    return period_at(PeriodKind.DAY, zone, begins).label


def _judged(asked: Asked, target: Target, figure: Cell, baseline: Cell | None) -> Judged:
    alike = baseline is not None and baseline.enough and baseline.series == figure.series
    known = baseline.value if baseline is not None and alike else None
    running = figure.period.end > asked.window.as_of + 1
    verdict = attained(target, figure, known)
    return Judged(target, figure.subject, figure, baseline, verdict, target.judges(figure.period), running)


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose figures are asked for."""

    asked: Asked
    scope: Scope
    subjects: Collection[str | None]

    def figures(self, wanted: Sequence[tuple[Target, Period | None]]) -> list[dict[str | None, Cell]]:
        """Return, for each target and stretch, the subjects' figures: none of a stretch that was not pulled whole."""
        known = [(target, each if each and pulled(self.asked, each) else None) for target, each in wanted]
        tallies: list[dict[str | None, Tally]] = [{} for _ in wanted]
        for stretch in dict.fromkeys(each for _, each in known if each is not None):
            about = [(target, found) for (target, each), found in zip(known, tallies, strict=True) if each == stretch]
            for line in self.asked.of(stretch).lines():
                self._note(line, about)
        return [self._cells(found, *each) for found, each in zip(tallies, known, strict=True)]

    def _note(self, line: CreditLine, about: Iterable[tuple[Target, dict[str | None, Tally]]]) -> None:
        for target, found in about:
            if target.takes(line):
                _tally(found, self.asked.subject(line, self.scope), line)

    def _cells(
        self, found: Mapping[str | None, Tally], target: Target, stretch: Period | None
    ) -> dict[str | None, Cell]:
        if stretch is None:
            return {}
        indicator, question = INDICATORS[target.indicator], replace(self.asked.question(self.scope), period=stretch)
        return {
            subject: tallied(indicator, found.get(subject) or Tally(indicator.reduction), question, subject)
            for subject in self.subjects
        }


def _tally(of_target: dict[str | None, Tally], subject: str | None, line: CreditLine) -> None:
    if subject not in of_target:
        of_target[subject] = Tally(INDICATORS[line.indicator].reduction)
    of_target[subject].add(line)


def pulled(asked: Asked, stretch: Period) -> bool:
    """Tell whether the history that is pulled reaches back to the beginning of a stretch, on every account."""
    first_days = [part.account.own.history_from.isoformat() for part in asked.parts]
    return all(period_named(day, stretch.zone).start <= stretch.start for day in first_days)


def _concerns(target: Target, figure: Cell, rules: Rulebook, targets: Iterable[Target]) -> bool:
    """Tell whether a target is this subject's: one with its name goes before everybody's, and nobody has any."""
    subject = figure.subject
    if subject is None:
        return False
    if target.subject is not None:
        return _named(target, subject, rules, figure.period)
    others = [each for each in targets if each.subject is not None and each.about == target.about]
    return not any(_named(each, subject, rules, figure.period) for each in others)


def _named(target: Target, subject: str, rules: Rulebook, period: Period) -> bool:
    at = period.end - 1
    person = rules.person(subject, at) if target.scope is Scope.AGENT else None
    called = {
        subject,
        PLAIN(subject_name(subject, target.scope, rules, at)),
        (person.email if person else None) or subject,
    }
    return (target.subject or "").casefold() in {name.casefold() for name in called}
