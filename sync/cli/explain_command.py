"""`helpdesk-kpi explain`: the tickets behind one figure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import click

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Unit
from kpi_engine.measurement import Certainty
from kpi_engine.message import message
from kpi_engine.reduce import Scope
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.cli.choosing import (
    asked_of,
    asked_period,
    named_scope,
    period_options,
    seen,
    subject_named,
    subject_options,
    viewer_option,
    with_data,
)
from sync.cli.explain_scorecard import SCORECARD, explained_scorecard
from sync.cli.frame import Call, framed
from sync.cli.keys import IndicatorKey
from sync.cli.known_names import refuse_unknown
from sync.editions import rulebook
from sync.escalated import Followed, followed
from sync.exits import Exit
from sync.explaining import Explanation, LeftOut, explained_by, masked
from sync.joined import joined
from sync.locale import terminal_text
from sync.missing import mapped_within
from sync.remarks import remark_notes, remarks, remarks_document
from sync.remedies import CAUSES, remedies
from sync.scorecards import Urls, cell_document, explanation_table, left_out_table
from sync.sources import Asked, as_of_now, source
from sync.survey_text import answered_text, responses_document
from sync.surveyed import Answered, beside_figures
from sync.wording import cell_text, detail_text, parameters_text, reason_text, subject_name
from sync.zones import at_home

_ESCALATED = ("overdue_count", "overdue_rate", "escalation_rate", "functional_escalations", "hierarchical_escalations")
_LISTED = 50

__all__ = ["command", "explanation_document", "say_explanation", "ticket_urls"]


@click.command("explain", help=terminal_text(message("Show the tickets behind one figure.")))
@click.argument("indicator", metavar="INDICATOR", type=IndicatorKey(SCORECARD))
@subject_options
@period_options
@viewer_option
@click.option("--account", "name", help=terminal_text(message("The connector's name; default: all of them together.")))
@framed
def command(  # noqa: PLR0913 -- one parameter for each option a person may give
    call: Call,
    *,
    indicator: str,
    by: str,
    period: str | None,
    name: str | None,
    viewer: str | None,
    **subject: str | None,
) -> Exit:
    """Show a figure, its formula in words, and exactly the tickets it is made of."""
    named = named_scope(subject)
    with call.accounts([name] if name else [], signed_in=False) as accounts:
        ready = with_data(accounts, call.say)
        if not ready:
            call.answer({})
            return Exit.OK
        if indicator == SCORECARD:
            call.answer(explained_scorecard(call, named, next(asked_of(ready, (by, period), (), viewer))))
            return Exit.OK
        asked = _asked(ready, indicator, (by, period), viewer)
        rules = asked.window.rulebook
        scope = named[0] if named else Scope.ACCOUNT
        whom = subject_named(call, asked, *named) if named else asked.name
        asked = at_home(asked, scope, whom)
        explanation = masked(explained_by(asked, INDICATORS[indicator], asked.question(scope), whom), asked)
        if whom is not None and scope is not Scope.ACCOUNT and not explanation.lines:
            refuse_unknown(asked, scope, whom)
        urls = ticket_urls(ready, explanation)
        say_explanation(call, explanation, urls, rules)
        for part in asked.parts:
            for note in mapped_within(part.window, (indicator,)):
                call.say(note)
        answered = _answered(asked, scope, whom, explanation)
        for survey in answered:
            call.say(message("{detail}", detail=answered_text(survey, call.language)))
        said = remarks(asked, scope).about([whom])
        for note in remark_notes(replace(said, exempted=())):  # those are listed with their reasons already
            call.say(note)
        mending = _mended(call, asked, explanation)
        escalations = list(_escalations(ready, explanation))
        _say_escalations(call, escalations)
        whose = call.language(subject_name(whom, scope, rules, asked.window.period.end - 1))
        told = {**explanation_document(explanation, urls, whose), **remarks_document(said)}
        told["surveys"] = [
            responses_document(each.survey, each.responses, (whom, whose), each.min_n) for each in answered
        ]
        call.answer({**told, **mending, "escalations": [each.document() for each in escalations]})
    return Exit.OK


def _say_escalations(call: Call, escalations: Sequence[Followed]) -> None:
    if escalations:
        call.say(message("Escalations of these tickets in the period:"))
    for each in escalations[:_LISTED]:
        call.say(message("  {told}", told=each.sentence(call.language)))
    if (more := len(escalations) - _LISTED) > 0:
        call.say(message("  {n} more escalations; --json lists all", n=call.language.number(more)))


def _answered(asked: Asked, scope: Scope, whom: str | None, explanation: Explanation) -> list[Answered]:
    """Return who answered the surveys that a figure is one of, as far as the answers are this subject's."""
    if explanation.missing is not None:
        return []
    return beside_figures(asked, scope, {explanation.indicator.key}).get(whom, [])


def _mended(call: Call, asked: Asked, explanation: Explanation) -> dict[str, object]:
    """Say what was proposed against the causes that a figure counts, and return it as JSON; of others nothing."""
    if explanation.indicator.key != CAUSES:
        return {}
    found = remedies(asked, [name for name, *_ in explanation.cell.parts])
    for each in found:
        call.say(each.sentence(call.language))
    return {"remedies": [each.document() for each in found]}


def _asked(accounts: list[Account], indicator: str, when: tuple[str, str | None], viewer: str | None) -> Asked:
    """Return what the figure is asked of: one account, or several joined."""
    as_of = min(at for account in accounts if (at := as_of_now(account)) is not None)
    period = asked_period(accounts[0], *when, as_of)
    if len(accounts) > 1:
        return seen(joined(accounts, period, as_of, (indicator,)), viewer)
    return seen(source(accounts[0], period, as_of, (indicator,)), viewer)


def _escalations(accounts: Iterable[Account], explanation: Explanation) -> Iterator[Followed]:
    """Yield whom steps of escalations were for, on the tickets behind a figure of what is overdue or escalated."""
    period = explanation.cell.period
    if explanation.indicator.key not in _ESCALATED:
        return
    for account in accounts:
        ids = {line.ticket_id for line in explanation.lines if line.account == account.name and line.ticket_id}
        entries = account.store.ledger.entries(account.name, sorted(ids))
        yield from followed(
            account, rulebook(account), (each for each in entries if period.start <= each.at < period.end)
        )


def ticket_urls(accounts: Iterable[Account], explanation: Explanation) -> dict[tuple[str, str], str]:
    """Return where a person opens each ticket behind a figure, and each that was left out of it."""
    connectors = {account.name: account.connector for account in accounts}
    ids = {(line.account, line.ticket_id) for line in explanation.lines if line.ticket_id is not None}
    ids |= {(each.account, each.ticket_id) for each in (*explanation.omitted, *explanation.excluded) if each.ticket_id}
    return {(account, ticket_id): connectors[account].ticket_url(ticket_id) for account, ticket_id in ids}


def say_explanation(call: Call, explanation: Explanation, urls: Urls, rules: Rulebook) -> None:
    """Print an explanation for people."""
    cell, indicator, language = explanation.cell, explanation.indicator, call.language
    name = subject_name(cell.subject, cell.scope, rules, cell.period.end - 1)
    call.say(
        message(
            "{indicator} of {name} in {period}: {value}",
            indicator=indicator.name,
            name=name,
            period=cell.period.label,
            value=explanation.missing or cell_text(indicator, cell, language),
        )
    )
    if detail := detail_text(indicator, cell, language):
        call.say(message("{detail}", detail=detail))
    call.say(message("What it is: {formula}", formula=indicator.formula))
    call.say(message("Counted in the period of: {stamp}", stamp=indicator.stamp))
    call.say(message("Credited to: {credit}", credit=indicator.credit))
    if explanation.parameters:
        told = parameters_text(indicator, explanation.parameters, language)
        call.say(message("Parameters in force: {parameters}", parameters=told))
    if indicator.unit is Unit.SHARE and cell.denominator:
        call.say(
            message("Numerator {numerator}, denominator {denominator}", **_fraction(call, explanation)),
        )
    _say_tickets(call, explanation, urls)
    call.say(
        message(
            "Data complete to {as_of}; rules {editions}",
            as_of=language.moment(cell.as_of),
            editions=", ".join(cell.editions) or "–",
        )
    )


APPROXIMATE = message(
    "≈ is approximate: opening hours of then were assumed, or the helpdesk does not tell when something changed, or "
    "what it was before it was first seen. It costs nobody points unless a penalty says `unsure: true`."
)


def _fraction(call: Call, explanation: Explanation) -> dict[str, str]:
    cell = explanation.cell
    numbers = {"numerator": cell.numerator, "denominator": cell.denominator}
    return {name: call.language.number(number) for name, number in numbers.items()}


def _say_tickets(call: Call, explanation: Explanation, urls: Urls) -> None:
    """Print the tickets that count, those that this indicator leaves out, and those that count nowhere.

    The last are nobody's: they are listed for the whole account and counted in any other scope.
    """
    language = call.language
    if explanation.lines:
        call.show(explanation_table(explanation, urls, language))
    if any(line.certainty is not Certainty.EXACT for line in explanation.lines):
        call.say(APPROXIMATE)
    if explanation.omitted:
        call.show(left_out_table(explanation.omitted, urls, language))
    if explanation.excluded and explanation.cell.scope is Scope.ACCOUNT:
        call.show(left_out_table(explanation.excluded, urls, language))
    elif explanation.excluded:
        reasons = Counter(each.reason for each in explanation.excluded)
        told = "; ".join(f"{n} × {reason_text(reason, language)}" for reason, n in sorted(reasons.items()))
        call.say(message("Tickets of the whole account that count nowhere: {reasons}", reasons=told))


def explanation_document(explanation: Explanation, urls: Urls, name: str) -> dict[str, object]:
    """Return an explanation as JSON: the figure, every credit line, and what was left out."""
    cell = explanation.cell
    return {
        "indicator": explanation.indicator.key,
        "formula": str(explanation.indicator.formula),
        "scope": cell.scope,
        "subject": cell.subject,
        "name": name,
        "period": cell.period.label,
        "as_of": cell.as_of,
        "missing": str(explanation.missing) if explanation.missing is not None else None,
        "parameters": dict(explanation.parameters),
        "figure": cell_document(cell),
        "lines": [
            {
                "ticket_id": line.ticket_id,
                "observation_id": line.stamp.observation_id,
                "source": explanation.source(line),
                "account": line.account,
                "url": urls.get((line.account, line.ticket_id or "")),
                "at": line.at,
                "part": line.part,
                "agent": line.agent,
                "team": line.team,
                "numerator": line.numerator,
                "denominator": line.denominator,
                "certainty": line.certainty,
                "edition": line.edition,
            }
            for line in explanation.lines
        ],
        "omitted": _left_out_document(explanation.omitted, urls),
        "excluded": _left_out_document(explanation.excluded, urls),
    }


def _left_out_document(left_out: Iterable[LeftOut], urls: Urls) -> list[dict[str, object]]:
    return [
        {
            "ticket_id": each.ticket_id or None,
            "source": each.source,
            "account": each.account,
            "url": urls.get((each.account, each.ticket_id)),
            "at": each.at,
            "reason": each.reason,
            "why": str(each.why) if each.why is not None else None,
            "agent": each.agent,
            "team": each.team,
        }
        for each in left_out
    ]
