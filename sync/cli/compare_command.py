"""`helpdesk-kpi compare`: two periods, or several agents, teams or channels, like for like."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import click
from rich.table import Table
from rich.text import Text

from connectors.body import one_line
from kpi_engine.comparison import Adjustment, Method, Standing, stratified
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator
from kpi_engine.message import Message, message
from kpi_engine.periods import Period
from kpi_engine.reduce import COUNTS, Scope
from sync.cli.choosing import asked_of, asked_period, period_options, subject_named, viewer_option, with_data
from sync.cli.frame import Call, framed
from sync.cli.report_command import SCOPES
from sync.contrast_text import (
    adjustment_document,
    change_document,
    difference_text,
    estimate_document,
    estimate_text,
    figure_text,
    side_document,
    signed,
)
from sync.contrasts import OF_CHANCE, Across, Change, Side, across, change, comparable, sides
from sync.exits import Exit
from sync.figures import Asked
from sync.locale import Language, terminal_text
from sync.wording import SCOPES as SCOPE_NAMES
from sync.wording import subject_name, value_text

_BESIDE_THE_WHOLE = {
    Standing.BETTER: message("better than all together"),
    Standing.WORSE: message("worse than all together"),
    Standing.HIGHER: message("higher than all together"),
    Standing.LOWER: message("lower than all together"),
    Standing.NO_EVIDENCE: message("no evidence of a difference"),
    Standing.UNKNOWN: message("cannot be told"),
}
_BESIDE_THE_FIRST = {
    Standing.BETTER: message("better"),
    Standing.WORSE: message("worse"),
    Standing.HIGHER: message("higher"),
    Standing.LOWER: message("lower"),
    Standing.NO_EVIDENCE: message("no evidence of a difference"),
    Standing.UNKNOWN: message("cannot be told"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be compared: an indicator by a scope, perhaps against another period, or only some subjects."""

    indicator: Indicator
    scope: Scope
    against: str | None
    only: tuple[str, ...]


@click.command(
    "compare",
    help=terminal_text(message("Compare teams, countries, agents or channels, or two periods, like for like.")),
)
@click.argument("key", metavar="INDICATOR", type=click.Choice(comparable()))
@click.argument("names", nargs=-1)
@click.option(
    "--scope",
    type=SCOPES,
    default=Scope.TEAM.value,
    show_default=True,
    help=terminal_text(
        message(
            "What is compared: agents, teams, managers, countries, tiers, channels, priorities, segments, or accounts."
        )
    ),
)
@period_options
@viewer_option
@click.option(
    "--against",
    help=terminal_text(
        message("Compare with this earlier period instead: its name, or `previous` for the one before.")
    ),
)
@click.option(
    "--only",
    multiple=True,
    help=terminal_text(
        message("Only this agent, team, manager, country or channel, by name; may be given several times.")
    ),
)
@framed
def command(  # noqa: PLR0913 -- one parameter for each option a person may give
    call: Call,
    *,
    key: str,
    names: tuple[str, ...],
    scope: str,
    by: str,
    period: str | None,
    against: str | None,
    only: tuple[str, ...],
    viewer: str | None,
) -> Exit:
    """Show one indicator's figures side by side, each beside what would be alike, and say what is evidence."""
    wish = Wish(INDICATORS[key], Scope(scope), against, only)
    with call.accounts(names, signed_in=False) as accounts:
        ready = with_data(accounts, call.say)
        documents = [_compared(call, asked, wish) for asked in asked_of(ready, (by, period), (key,), viewer)]
    call.answer({"comparisons": documents})
    return Exit.OK


def _compared(call: Call, asked: Asked, wish: Wish) -> dict[str, object]:
    if (why := asked.missing.get(wish.indicator.key)) is not None:
        call.say(message("{indicator}: {reason}", indicator=wish.indicator.key, reason=why))
        return {"account": asked.name, "indicator": wish.indicator.key, "missing": str(why)}
    subjects = [subject_named(call, asked, wish.scope, name) for name in wish.only]
    found = sides(asked, wish.indicator, wish.scope, subjects)
    if wish.against is None:
        return _shown_across(call, asked, wish, across(found, wish.indicator))
    earlier = _earlier(asked, wish.against)
    before = sides(asked.of(earlier), wish.indicator, wish.scope, subjects or list(found))
    pairs = {key: (before[key], side) for key, side in found.items()}
    return _shown_between(call, asked, wish, _Between(earlier, pairs))


def _earlier(asked: Asked, against: str) -> Period:
    period = asked.window.period
    named = period.previous().label if against == "previous" else against
    return asked_period(asked.account, period.kind.value, named, asked.window.as_of)


# -- several subjects -------------------------------------------------------------------------------------------------


def _shown_across(call: Call, asked: Asked, wish: Wish, found: Across) -> dict[str, object]:
    named = _named(call, asked, wish.scope, found.sides)
    table = _table(call.language, wish, asked.window.period.label)
    for title in (message("Figure"), message("Adjusted for its mix"), message("n"), message("Finding")):
        table.add_column(call.language(title), overflow="fold")
    for subject, name in named:
        table.add_row(*(Text(each) for each in _row(call.language, wish.indicator, found, (subject, name))))
    call.show(table)
    for note in _notes(call.language, wish, found, dict(named)):
        call.say(note)
    return {
        **_heading(asked, wish),
        "adjustment": adjustment_document(found.adjustment),
        "subjects": [
            {
                "subject": subject,
                "name": name,
                **side_document(found.sides[subject]),
                "adjusted": estimate_document(found.adjustment.of.get(subject) if found.adjustment else None),
                "finding": found.standings.get(subject, Standing.UNKNOWN).value,
            }
            for subject, name in named
        ],
        "difference": change_document(found.change),
    }


def _row(language: Language, indicator: Indicator, found: Across, named: tuple[str | None, str]) -> Iterator[str]:
    subject, name = named
    side = found.sides[subject]
    yield one_line(name)
    yield figure_text(indicator, side, language)
    yield estimate_text(indicator, found.adjustment.of.get(subject) if found.adjustment else None, language)
    yield language.number(side.cell.n)
    yield language(_BESIDE_THE_WHOLE[found.standings[subject]]) if subject in found.standings else ""


def _notes(language: Language, wish: Wish, found: Across, names: Mapping[str | None, str]) -> Iterator[Message]:
    """Yield what a reader must know before he judges anybody by the table."""
    if found.adjustment is not None:
        yield message(
            "all together: {value}",
            value=value_text(wish.indicator, found.adjustment.reference, language),
        )
        yield _method(found.adjustment, language)
        yield message(
            "an interval misses the truth about once in twenty: of {n} compared, {chance} stand out by chance alone",
            n=len(found.standings),
            chance=language.number(len(found.standings) * OF_CHANCE, 1),
        )
    elif not stratified(wish.indicator):
        yield message("this figure cannot be adjusted: it is not put together of kinds of tickets")
    else:
        yield message("fewer than two have enough data to be compared")
    if found.change is not None:
        first, second = [names[key] for key, side in found.sides.items() if side.fit and key is not None]
        yield message("{second} beside {first}:", second=second, first=first)
        yield from _change_notes(language, wish.indicator, found.change)


def _method(adjustment: Adjustment, language: Language) -> Message:
    share = language.percent(adjustment.covered)
    if adjustment.method is Method.DIRECT:
        return message(
            "adjusted: as if all had the same mix of channels, priorities and segments; {share} of what was counted is "
            "of kinds that everybody had, and only that is compared",
            share=share,
        )
    return message(
        "adjusted: only {share} of what was counted is of kinds that everybody had, so each is set beside what all "
        "together would have reached with its own mix; read each beside the whole, not beside another",
        share=share,
    )


def _change_notes(language: Language, indicator: Indicator, found: Change) -> Iterator[Message]:
    yield message(
        "  difference {value}: {finding}",
        value=difference_text(indicator, found.by, language),
        finding=_BESIDE_THE_FIRST[found.standing],
    )
    if found.parting is not None:
        yield message(
            "  of it {mix} by another mix of tickets, {performance} on the same kinds of tickets",
            mix=signed(indicator, found.parting.mix, language),
            performance=signed(indicator, found.parting.performance, language),
        )


# -- two periods ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Between:
    """The sides of each subject in an earlier period and in the one asked for."""

    earlier: Period
    pairs: Mapping[str | None, tuple[Side, Side]]


def _shown_between(call: Call, asked: Asked, wish: Wish, found: _Between) -> dict[str, object]:
    language, period = call.language, asked.window.period
    named = _named(call, asked, wish.scope, found.pairs)
    changes = {key: change(*pair, indicator=wish.indicator) for key, pair in found.pairs.items()}
    table = _table(language, wish, f"{found.earlier.label} → {period.label}")
    for title in (found.earlier.label, period.label):
        table.add_column(title, overflow="fold")
    for each in (message("Difference"), message("By mix"), message("On the same"), message("Finding")):
        table.add_column(language(each), overflow="fold")
    for subject, name in named:
        first, second = found.pairs[subject]
        figures = [figure_text(wish.indicator, side, language) for side in (first, second)]
        row = [one_line(name), *figures, *_change_texts(wish.indicator, changes[subject], language)]
        table.add_row(*(Text(each) for each in row))
    call.show(table)
    for late in (each for each in (found.earlier, period) if each.end > asked.window.as_of + 1):
        call.say(message("{period} is not over in the data: its counts will still grow", period=late.label))
    return {
        **_heading(asked, wish),
        "against": found.earlier.label,
        "subjects": [
            {
                "subject": subject,
                "name": name,
                "before": side_document(found.pairs[subject][0]),
                "after": side_document(found.pairs[subject][1]),
                **(change_document(changes[subject]) or {}),
            }
            for subject, name in named
        ],
    }


def _change_texts(indicator: Indicator, found: Change, language: Language) -> Iterator[str]:
    yield difference_text(indicator, found.by, language)
    parting = found.parting
    yield signed(indicator, parting.mix, language) if parting else ""
    yield signed(indicator, parting.performance, language) if parting else ""
    told = found.by is not None and indicator.reduction not in COUNTS  # how many there were is a fact
    yield language(_BESIDE_THE_FIRST[found.standing]) if told else ""


# -- both ------------------------------------------------------------------------------------------------------------


def _named(
    call: Call, asked: Asked, scope: Scope, subjects: Mapping[str | None, object]
) -> list[tuple[str | None, str]]:
    """Return (subject, name) by name, nobody last: a comparison is no ranking."""
    rules, at = asked.window.rulebook, asked.window.period.end - 1
    named = [(subject, call.language(subject_name(subject, scope, rules, at))) for subject in subjects]
    return sorted(named, key=lambda pair: (pair[0] is None, pair[1].casefold(), pair[0] or ""))


def _table(language: Language, wish: Wish, periods: str) -> Table:
    title = f"{language(wish.indicator.name)}, {periods}"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0), header_style="bold underline")
    table.add_column(language(SCOPE_NAMES[wish.scope]), overflow="fold")
    return table


def _heading(asked: Asked, wish: Wish) -> dict[str, object]:
    return {
        "account": asked.name,
        "indicator": wish.indicator.key,
        "scope": wish.scope.value,
        "period": asked.window.period.label,
        "as_of": asked.window.as_of,
    }
