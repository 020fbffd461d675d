"""`helpdesk-kpi report`: the scorecards of a period."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import click

from kpi_engine.indicators import INDICATORS
from kpi_engine.message import message
from kpi_engine.reduce import Scope
from sync.account import Account
from sync.cli.choosing import PERIODS, asked_period, named_scope, period_options, subject_named, subject_options
from sync.cli.frame import Call, framed
from sync.exits import Exit
from sync.figures import Figures, Source, Trend, as_of_now, empty_card, reduced, source, trends
from sync.locale import terminal_text
from sync.scorecards import Shown, figures_document, ordered_subjects, report_table, scorecard_notes
from sync.settling import state_of
from sync.wording import HEADLINES, PERIOD_STATES

__all__ = ["PERIODS", "SCOPES", "asked_period", "command"]

SCOPES = click.Choice([scope.value for scope in Scope])


@dataclass(frozen=True, slots=True)
class Wish:
    """What a report is asked for: whose figures, in which period, which indicators, and with their trends or not."""

    scope: Scope
    name: str | None
    by: str
    period: str | None
    only: Collection[str]
    trend: bool | None


@click.command("report", help=terminal_text(message("Show the scorecards of a period.")))
@click.argument("names", nargs=-1)
@click.option(
    "--scope",
    type=SCOPES,
    default=Scope.AGENT.value,
    show_default=True,
    help=terminal_text(
        message("Whose scorecards: each agent's, team's, channel's, priority's, segment's, or the whole account's.")
    ),
)
@subject_options
@period_options
@click.option(
    "--indicator",
    "only",
    type=click.Choice(list(INDICATORS)),
    metavar="KEY",
    multiple=True,
    help=terminal_text(message("Only this indicator; may be given several times.")),
)
@click.option(
    "--trend/--no-trend",
    default=None,
    help=terminal_text(
        message("The last eight periods as a small curve; by default where one subject or one indicator is shown.")
    ),
)
@framed
def command(  # noqa: PLR0913 -- one parameter for each option a person may give
    call: Call,
    *,
    names: tuple[str, ...],
    scope: str,
    by: str,
    period: str | None,
    only: tuple[str, ...],
    trend: bool | None,
    **subject: str | None,
) -> Exit:
    """Show the scorecards of the period that the data has reached, or of the one that is named."""
    chosen, name = named_scope(subject) or (Scope(scope), None)
    wish = Wish(chosen, name, by, period, only, trend)
    documents = []
    with call.accounts(names, signed_in=False) as accounts:
        for account in accounts:
            document = _reported(call, account, wish)
            if document is not None:
                documents.append(document)
    call.answer({"reports": documents})
    return Exit.OK


def _reported(call: Call, account: Account, wish: Wish) -> dict[str, object] | None:
    as_of = as_of_now(account)
    if as_of is None:
        call.say(message("{name}: no data yet; run `helpdesk-kpi sync --dry-run` first", name=account.name))
        return None
    asked = source(account, asked_period(account, wish.by, wish.period, as_of), as_of, wish.only)
    rules = asked.window.rulebook
    found = _found(call, asked, wish)
    if not found.scorecards:
        _say_empty(call, account, found)
        return figures_document(found, [])
    shown = Shown(found, wish.only, _trends(asked, found, wish))
    call.show(report_table(shown, rules, call.language))
    single = len(found.scorecards) == 1
    for note in scorecard_notes(found, wish.only or (asked.keys if single else HEADLINES)):
        call.say(note)
    _say_where_from(call, account, found)
    document = figures_document(found, ordered_subjects(found, rules, call.language), shown.trends)
    return {**document, "state": state_of(account, found.question.period, as_of).value}


def _found(call: Call, asked: Source, wish: Wish) -> Figures:
    """Return the figures of everybody, or of the one who is named, whether or not there is anything about him."""
    found = reduced(asked, wish.scope)
    if wish.name is None:
        return found
    subject = subject_named(call, asked.window.rulebook, asked.window.as_of, wish.scope, wish.name)
    card = found.scorecards.get(subject) or empty_card(asked, wish.scope, subject)
    return replace(found, scorecards={subject: card})


def _trends(asked: Source, found: Figures, wish: Wish) -> Mapping[str | None, Trend]:
    wanted = len(found.scorecards) == 1 or len(wish.only) == 1 if wish.trend is None else wish.trend
    return trends(asked, wish.scope, list(found.scorecards), found) if wanted else {}


def _say_empty(call: Call, account: Account, found: Figures) -> None:
    label, known = found.question.period.label, account.store.readings.days(account.name)
    if known is None:
        call.say(message("{name}: nothing to show for {period}", name=account.name, period=label))
        return
    first, last = (call.language.day(min(at, found.question.as_of)) for at in known)
    call.say(
        message(
            "{name}: nothing to show for {period}; there is data from {first} to {last}",
            name=account.name,
            period=label,
            first=first,
            last=last,
        )
    )


def _say_where_from(call: Call, account: Account, found: Figures) -> None:
    question = found.question
    call.say(
        message(
            "{name}: data complete to {as_of}, time zone {zone}; {period} is {state}",
            name=account.name,
            as_of=call.language.moment(question.as_of),
            zone=account.settings.timezone,
            period=question.period.label,
            state=PERIOD_STATES[state_of(account, question.period, question.as_of)],
        )
    )
