"""`helpdesk-kpi explain`: the tickets behind one figure."""

from collections import Counter
from collections.abc import Iterable, Mapping

import click

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Unit
from kpi_engine.message import message
from kpi_engine.reduce import Question, Scope
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.cli.choosing import (
    asked_period,
    named_scope,
    not_one_agent,
    period_options,
    subject_named,
    subject_options,
)
from sync.cli.frame import Call, framed
from sync.editions import rulebook
from sync.exits import Exit
from sync.figures import Explanation, LeftOut, as_of_now, explained, min_n
from sync.locale import terminal_text
from sync.scorecards import cell_document, explanation_table, left_out_table
from sync.wording import cell_text, detail_text, parameters_text, reason_text, subject_name

__all__ = ["command", "explanation_document", "say_explanation", "ticket_urls"]


@click.command("explain", help=terminal_text(message("Show the tickets behind one figure.")))
@click.argument("indicator", metavar="INDICATOR", type=click.Choice(list(INDICATORS)))
@subject_options
@period_options
@click.option("--account", "name", help=terminal_text(message("The connector's name, where there are several.")))
@framed
def command(
    call: Call, *, indicator: str, by: str, period: str | None, name: str | None, **subject: str | None
) -> Exit:
    """Show a figure, its formula in words, and exactly the tickets it is made of."""
    named = named_scope(subject)
    with call.accounts([name] if name else [], signed_in=False) as accounts:
        account = _only(accounts)
        as_of = as_of_now(account)
        if as_of is None:
            call.say(message("{name}: no data yet; run `helpdesk-kpi sync --dry-run` first", name=account.name))
            call.answer({})
            return Exit.OK
        rules, asked = rulebook(account), asked_period(account, by, period, as_of)
        scope = named[0] if named else Scope.ACCOUNT
        whom = subject_named(call, rules, as_of, *named) if named else account.name
        question = Question(scope, account.name, asked, as_of, min_n(account))
        explanation = explained(account, INDICATORS[indicator], question, whom)
        if scope is Scope.AGENT and whom is not None and whom not in rules.agents and not explanation.lines:
            raise not_one_agent(0, whom)
        say_explanation(call, account, explanation, rules)
        whose = call.language(subject_name(whom, scope, rules, asked.end - 1))
        call.answer(explanation_document(explanation, ticket_urls(account, explanation), whose))
    return Exit.OK


def _only(accounts: list[Account]) -> Account:
    if len(accounts) > 1:
        names = ", ".join(account.name for account in accounts)
        raise click.UsageError(
            terminal_text(message("{flag} is needed; there are: {known}", flag="--account", known=names))
        )
    return accounts[0]


def ticket_urls(account: Account, explanation: Explanation) -> dict[str, str]:
    """Return where a person opens each ticket behind a figure, and each that was left out of it."""
    ids = {line.ticket_id for line in explanation.lines if line.ticket_id is not None}
    ids |= {each.ticket_id for each in (*explanation.omitted, *explanation.excluded)}
    return {ticket_id: account.connector.ticket_url(ticket_id) for ticket_id in ids}


def say_explanation(call: Call, account: Account, explanation: Explanation, rules: Rulebook) -> None:
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
    _say_tickets(call, explanation, ticket_urls(account, explanation))
    call.say(
        message(
            "Data complete to {as_of}; rules {editions}",
            as_of=language.moment(cell.as_of),
            editions=", ".join(cell.editions) or "–",
        )
    )


def _fraction(call: Call, explanation: Explanation) -> dict[str, str]:
    cell = explanation.cell
    numbers = {"numerator": cell.numerator, "denominator": cell.denominator}
    return {name: call.language.number(number) for name, number in numbers.items()}


def _say_tickets(call: Call, explanation: Explanation, urls: Mapping[str, str]) -> None:
    """Print the tickets that count, those that this indicator leaves out, and those that count nowhere.

    The last are nobody's: they are listed for the whole account and counted in any other scope.
    """
    language = call.language
    if explanation.lines:
        call.show(explanation_table(explanation, urls, language))
    if explanation.omitted:
        call.show(left_out_table(explanation.omitted, urls, language))
    if explanation.excluded and explanation.cell.scope is Scope.ACCOUNT:
        call.show(left_out_table(explanation.excluded, urls, language))
    elif explanation.excluded:
        reasons = Counter(each.reason for each in explanation.excluded)
        told = "; ".join(f"{n} × {reason_text(reason, language)}" for reason, n in sorted(reasons.items()))
        call.say(message("Tickets of the whole account that count nowhere: {reasons}", reasons=told))


def explanation_document(explanation: Explanation, urls: Mapping[str, str], name: str) -> dict[str, object]:
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
                "url": urls.get(line.ticket_id or ""),
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


def _left_out_document(left_out: Iterable[LeftOut], urls: Mapping[str, str]) -> list[dict[str, object]]:
    return [
        {
            "ticket_id": each.ticket_id,
            "url": urls.get(each.ticket_id),
            "at": each.at,
            "reason": each.reason,
            "agent": each.agent,
            "team": each.team,
        }
        for each in left_out
    ]
