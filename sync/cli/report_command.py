"""`helpdesk-kpi report`: the scorecards of a period."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import click

from kpi_engine.message import Message, message
from kpi_engine.reduce import Scope
from sync.account import Account
from sync.cli.beside import told_beside, told_of_surveys
from sync.cli.choosing import (
    PERIODS,
    asked_of,
    asked_period,
    is_given,
    named_scope,
    period_options,
    subject_named,
    subject_options,
    viewer_option,
    with_data,
)
from sync.cli.frame import Call, framed
from sync.cli.keys import IndicatorKey
from sync.cli.known_names import refuse_unknown
from sync.cli.noting import told_of_data
from sync.exits import Exit
from sync.figures import Figures, empty_card
from sync.locale import terminal_text
from sync.missing import mapped_within
from sync.quality import quality_of
from sync.remarks import remark_notes, remarks_at_home, remarks_document
from sync.scorecards import (
    Shown,
    figures_document,
    ordered_subjects,
    report_table,
    scorecard_notes,
    unasked_scale_notes,
    unmapped_note,
    zone_notes,
)
from sync.sources import Asked
from sync.survey_text import survey_notes
from sync.trends import Trend, trends
from sync.wording import ALL_ACCOUNTS, HEADLINES, PERIOD_STATES
from sync.zones import at_home, scorecards

__all__ = ["PERIODS", "SCOPES", "asked_period", "command"]

SCOPES = click.Choice([scope.value for scope in Scope])

Document: TypeAlias = dict[str, Any]
"""One report as JSON."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a report is asked for: whose figures, in which period, which indicators, and with their trends or not."""

    scope: Scope
    name: str | None
    by: str
    period: str | None
    only: Collection[str]
    trend: bool | None
    surveys: bool = False


@click.command("report", help=terminal_text(message("Show the scorecards of a period.")))
@click.argument("names", nargs=-1)
@click.option(
    "--scope",
    type=SCOPES,
    default=Scope.AGENT.value,
    show_default=True,
    help=terminal_text(
        message(
            "Whose scorecards: each agent's, team's, manager's, country's, tier's, channel's, priority's, segment's, "
            "severity's, or the whole account's."
        )
    ),
)
@subject_options
@period_options
@viewer_option
@click.option(
    "--indicator",
    "only",
    type=IndicatorKey(),
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
@click.option(
    "--surveys",
    is_flag=True,
    help=terminal_text(message("Also where surveys go unsent or unanswered: by channel, agent, hour, language.")),
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
    surveys: bool,
    viewer: str | None,
    **subject: str | None,
) -> Exit:
    """Show the scorecards of the period that the data has reached, or of the one that is named."""
    chosen, name = _whose(scope, named_scope(subject))
    wish = Wish(chosen, name, by, period, only, trend, surveys)
    with call.accounts(names, signed_in=False) as accounts:
        ready = with_data(accounts, call.say)
        documents = list(_reports(call, ready, wish, viewer))
    for note in _how_to_read(documents):
        call.say(note)
    call.answer({"reports": documents})
    return Exit.OK


def _reports(call: Call, ready: list[Account], wish: Wish, viewer: str | None) -> Iterator[Document]:
    """Yield the report of all accounts together, where there are several, and that of each, below its name."""
    for asked in asked_of(ready, (wish.by, wish.period), wish.only, viewer):
        if len(ready) > 1:
            call.say(message("\n── {name} ──", name=_name(call, asked)))
        yield _reported(call, asked, wish)


def _how_to_read(documents: Sequence[Document]) -> Iterator[Message]:
    """Yield, once for all reports, what a reader must know of their curves, marks and survey tables."""
    if any("trend" in card for each in documents for card in each["scorecards"]):
        yield message("Trend: this period and the seven before it, the oldest first; a dot where there is no figure.")
    if any(any(each.get("quality", {}).values()) for each in documents):
        yield message("`explain` marks what is approximate by ≈; `explain goals_undecided` lists undecided goals.")
    if any("surveys" in each for each in documents):
        yield from survey_notes()


def _whose(scope: str, named: tuple[Scope, str] | None) -> tuple[Scope, str | None]:
    """Return whose figures are asked for; a scope beside somebody of another is a usage error."""
    if named is None:
        return Scope(scope), None
    if is_given("scope") and scope != named[0]:
        told = message("say either {one} or {other}", one=f"--scope {scope}", other=f"--{named[0]}")
        raise click.UsageError(terminal_text(told))
    return named


def _reported(call: Call, asked: Asked, wish: Wish) -> Document:
    rules = asked.window.rulebook
    found = _found(call, asked, wish)
    if found.hidden and asked.sight is not None:
        call.say(asked.sight.hidden(found.hidden))
    if not found.scorecards:
        _say_empty(call, asked, found)
        return figures_document(found, [])
    shown = Shown(found, wish.only, _trends(asked, found, wish))
    call.show(report_table(shown, rules, call.language))
    single = len(found.scorecards) == 1
    notes = scorecard_notes(found, wish.only or (asked.keys if single else HEADLINES))
    for note in (*notes, *unasked_scale_notes(asked)):
        call.say(note)
    if (unmapped := unmapped_note(found)) is not None:
        call.say(unmapped)
    mapped = _say_mapped_late(call, asked, wish.only or asked.keys)
    said = remarks_at_home(asked, wish.scope, found.scorecards)
    for note in remark_notes(said):
        call.say(note)
    quality = quality_of(found.scorecards.values())
    for note in quality.notes(call.language):
        call.say(note)
    _say_where_from(call, asked, found)
    names = ordered_subjects(found, rules, call.language)
    for note in zone_notes(found, dict(names)):
        call.say(note)
    beside = told_beside(call, asked, found, dict(names), wish.only)
    surveys = told_of_surveys(call, asked, found, dict(names), everywhere=wish.surveys)
    data = told_of_data(call, asked, found, dict(names)) if not wish.only else {}
    document = {**figures_document(found, names, shown.trends), "quality": quality.document()}
    document |= {**beside, **surveys, **data}
    document |= {"mapped_within": mapped} if mapped else {}
    return {**document, "state": asked.state.value, **remarks_document(said)}


def _say_mapped_late(call: Call, asked: Asked, keys: Collection[str]) -> list[str]:
    """Say, and return, which figures tell of a part of their period only, for a meaning was mapped within it."""
    told = {str(note): note for part in asked.parts for note in mapped_within(part.window, keys)}
    for note in told.values():
        call.say(note)
    return list(told)


def _found(call: Call, asked: Asked, wish: Wish) -> Figures:
    """Return the figures of everybody, or of the one who is named, whether or not there is anything about him."""
    found = scorecards(asked, wish.scope)
    if wish.name is None:
        return found
    subject = subject_named(call, asked, wish.scope, wish.name)
    if subject is not None and subject not in found.scorecards:
        refuse_unknown(asked, wish.scope, subject)
    card = found.scorecards.get(subject) or empty_card(at_home(asked, wish.scope, subject), wish.scope, subject)
    return replace(found, scorecards={subject: card})


def _trends(asked: Asked, found: Figures, wish: Wish) -> Mapping[str | None, Trend]:
    wanted = len(found.scorecards) == 1 or len(wish.only) == 1 if wish.trend is None else wish.trend
    return trends(asked, wish.scope, list(found.scorecards), found) if wanted else {}


def _say_empty(call: Call, asked: Asked, found: Figures) -> None:
    label, stores = found.question.period.label, [part.account for part in asked.parts]
    known = [days for each in stores if (days := each.store.readings.days(each.name)) is not None]
    if not known:
        call.say(message("{name}: nothing to show for {period}", name=_name(call, asked), period=label))
        return
    spanned = min(first for first, _ in known), max(last for _, last in known)
    first, last = (call.language.date(min(at, found.question.as_of)) for at in spanned)
    call.say(
        message(
            "{name}: nothing to show for {period}; there is data from {first} to {last}",
            name=_name(call, asked),
            period=label,
            first=first,
            last=last,
        )
    )


def _say_where_from(call: Call, asked: Asked, found: Figures) -> None:
    question = found.question
    call.say(
        message(
            "{name}: data complete to {as_of}, time zone {zone}; {period} is {state}",
            name=_name(call, asked),
            as_of=call.language.moment(question.as_of),
            zone=question.period.zone,
            period=question.period.label,
            state=PERIOD_STATES[asked.state],
        )
    )


def _name(call: Call, asked: Asked) -> str:
    """Return what a report says it is about: an account, or several by their names."""
    names = ", ".join(part.name for part in asked.parts)
    return names if len(asked.parts) == 1 else f"{call.language(ALL_ACCOUNTS)} ({names})"
