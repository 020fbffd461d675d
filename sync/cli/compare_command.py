"""`helpdesk-kpi compare`: two periods, or several agents, teams or channels, like for like."""

import click

from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from kpi_engine.periods import Period
from kpi_engine.reduce import Scope
from kpi_engine.tally import MONETARY
from sync.cli.choosing import asked_of, asked_period, period_options, subject_named, viewer_option, with_data
from sync.cli.compare_across import shown_across
from sync.cli.compare_between import Between, shown_between
from sync.cli.comparing import Wish
from sync.cli.frame import Call, framed
from sync.cli.keys import IndicatorKey
from sync.cli.known_names import refuse_unknown
from sync.cli.report_command import SCOPES
from sync.contrasts import Series, across, common_series, sides
from sync.counting import VALUES
from sync.exits import Exit
from sync.locale import terminal_text
from sync.privacy import NO_RANKING
from sync.sources import Asked


@click.command(
    "compare",
    help=terminal_text(message("Compare teams, countries, agents or channels, or two periods, like for like.")),
)
@click.argument("key", metavar="INDICATOR", type=IndicatorKey())
@click.argument("names", nargs=-1)
@click.option(
    "--scope",
    type=SCOPES,
    default=Scope.TEAM.value,
    show_default=True,
    help=terminal_text(
        message(
            "What is compared: agents, teams, managers, countries, tiers, channels, priorities, segments, severities, "
            "or accounts."
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
@click.option(
    "--shrink",
    is_flag=True,
    help=terminal_text(message("Also draw each figure to the whole, the more the less it rests on (empirical Bayes).")),
)
@click.option(
    "--places",
    is_flag=True,
    help=terminal_text(message("Also between which places each one stands; only with privacy.ranking: lead.")),
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
    shrink: bool,
    places: bool,
    viewer: str | None,
) -> Exit:
    """Show one indicator's figures side by side, each beside what would be alike, and say what is evidence."""
    wish = Wish(INDICATORS[key], Scope(scope), against, only, shrink, places)
    with call.accounts(names, signed_in=False) as accounts:
        ready = with_data(accounts, call.say)
        documents = [_compared(call, asked, wish) for asked in asked_of(ready, (by, period), (key,), viewer)]
    call.answer({"comparisons": documents})
    return Exit.OK


_NO_SAMPLE = message(
    "an amount has no interval: the books tell all of it, not a sample, so chance is no question that they answer"
)


def _compared(call: Call, asked: Asked, wish: Wish) -> dict[str, object]:
    if (why := asked.missing.get(wish.indicator.key)) is not None:
        call.say(message("{indicator}: {reason}", indicator=wish.indicator.key, reason=why))
        return {"account": asked.name, "indicator": wish.indicator.key, "missing": str(why)}
    if wish.places and asked.sight is not None and not asked.sight.ranks(asked):
        raise click.UsageError(terminal_text(NO_RANKING))
    subjects = [subject_named(call, asked, wish.scope, name) for name in wish.only]
    for subject in filter(None, subjects):
        refuse_unknown(asked, wish.scope, subject)
    series = common_series(asked, wish.indicator)
    document = _side_by_side(call, asked, wish, (subjects, series))
    if wish.indicator.reduction in MONETARY:
        call.say(_NO_SAMPLE)
    if series is None:
        return document
    call.say(_of_one_series(series))
    return {**document, "series": series.name, "others": series.others}


def _side_by_side(
    call: Call, asked: Asked, wish: Wish, of: tuple[list[str | None], Series | None]
) -> dict[str, object]:
    subjects, series = of
    wanted = wish.indicator, wish.scope
    found = sides(asked, wanted, subjects, series)
    if wish.against is None:
        return shown_across(call, asked, wish, across(found, wish.indicator))
    earlier = _earlier(asked, wish.against)
    before = sides(asked.of(earlier), wanted, subjects or list(found), series)
    pairs = {key: (before[key], side) for key, side in found.items()}
    return shown_between(call, asked, wish, Between(earlier, pairs))


def _of_one_series(series: Series) -> Message:
    return message(
        "compared within one scale or currency, {series}; left out, because in another: {values}",
        series=series.name,
        values=VALUES.of(series.others),
    )


def _earlier(asked: Asked, against: str) -> Period:
    period = asked.window.period
    named = period.previous().label if against == "previous" else against
    return asked_period(asked.account, period.kind.value, named, asked.window.as_of)
