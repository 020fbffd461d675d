"""`helpdesk-kpi explain`: the tickets behind one figure."""

import unicodedata

import click

from kpi_engine.indicators import INDICATORS
from kpi_engine.message import message
from kpi_engine.reduce import Question, Scope
from kpi_engine.rulebook import Person, Rulebook
from sync.account import Account
from sync.cli.frame import Call, framed
from sync.cli.report_command import PERIODS, asked_period
from sync.editions import rulebook
from sync.exits import Exit
from sync.figures import Explanation, as_of_now, explained, min_n
from sync.locale import terminal_text
from sync.scorecards import cell_document, explanation_table
from sync.wording import NOBODY, cell_text, detail_text, subject_name


@click.command("explain", help=terminal_text(message("Show the tickets behind one figure.")))
@click.argument("indicator", metavar="INDICATOR", type=click.Choice(list(INDICATORS)))
@click.option("--agent", help=terminal_text(message("An agent's id, e-mail or name.")))
@click.option("--team", help=terminal_text(message("A team's name.")))
@click.option(
    "--by",
    type=PERIODS,
    default="week",
    show_default=True,
    help=terminal_text(message("How long the period is, where none is named.")),
)
@click.option(
    "--period", help=terminal_text(message("A day, week, month or quarter: 2026-11-22, 2026-W47, 2026-11, 2026-Q4."))
)
@click.option("--account", "name", help=terminal_text(message("The connector's name, where there are several.")))
@framed
def command(  # noqa: PLR0913 -- one parameter for each option a person may give
    call: Call, *, indicator: str, agent: str | None, team: str | None, by: str, period: str | None, name: str | None
) -> Exit:
    """Show a figure, its formula in words, and exactly the tickets it is made of."""
    if agent is not None and team is not None:
        raise click.UsageError(terminal_text(message("say either {one} or {other}", one="--agent", other="--team")))
    with call.accounts([name] if name else [], signed_in=False) as accounts:
        account = _only(accounts)
        as_of = as_of_now(account)
        if as_of is None:
            call.say(message("{name}: no data yet; run `helpdesk-kpi sync --dry-run` first", name=account.name))
            call.answer({})
            return Exit.OK
        rules = rulebook(account)
        scope, subject = _whose(call, rules, as_of, agent, team) or (Scope.ACCOUNT, account.name)
        question = Question(scope, account.name, asked_period(account, by, period, as_of), as_of, min_n(account))
        explanation = explained(account, INDICATORS[indicator], question, subject)
        if agent is not None and subject is not None and subject not in rules.agents and not explanation.lines:
            raise _not_one_agent(0, agent)
        say_explanation(call, account, explanation, rules)
        whose = call.language(subject_name(subject, scope, rules, question.period.end - 1))
        call.answer(explanation_document(explanation, ticket_urls(account, explanation), whose))
    return Exit.OK


def _only(accounts: list[Account]) -> Account:
    if len(accounts) > 1:
        names = ", ".join(account.name for account in accounts)
        raise click.UsageError(
            terminal_text(message("{flag} is needed; there are: {known}", flag="--account", known=names))
        )
    return accounts[0]


def _whose(
    call: Call, rules: Rulebook, as_of: int, agent: str | None, team: str | None
) -> tuple[Scope, str | None] | None:
    """Return the scope and the subject that were named, None where neither an agent nor a team was."""
    nobody = call.language(NOBODY)
    if agent is not None:
        return Scope.AGENT, _agent_id(rules, agent, as_of) if agent != nobody else None
    if team is not None:
        return Scope.TEAM, _team_key(rules, team, as_of) if team != nobody else None
    return None


def _agent_id(rules: Rulebook, wanted: str, as_of: int) -> str:
    """Return the id of the agent with that id, e-mail or name; several are a usage error.

    What nobody is called may be the id of somebody who is no agent any more.
    """
    if wanted in rules.agents:
        return wanted
    people = {key: line.at(as_of) for key, line in rules.agents.items()}
    found = [key for key, person in people.items() if unaccented(wanted) in map(unaccented, _called(person))]
    if len(found) > 1:
        raise _not_one_agent(len(found), wanted)
    return found[0] if found else wanted


def _not_one_agent(n: int, name: str) -> click.UsageError:
    if n == 0:
        return click.UsageError(terminal_text(message("no agent is called {name}; `report` lists them", name=name)))
    return click.UsageError(
        terminal_text(message("{n} agents are called {name}; give the id or the e-mail", n=n, name=name))
    )


def _called(person: Person) -> tuple[str, str]:
    return person.name, person.email or ""


def unaccented(name: str) -> str:
    """Return a name as it is typed in a hurry: without accents, in lower case; the Vietnamese đ counts as d."""
    letters = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _team_key(rules: Rulebook, wanted: str, as_of: int) -> str:
    """Return the key of the team with that key or name; none or several is a usage error."""
    teams = {f"group:{key}": line.at(as_of) for key, line in rules.groups.items()}
    teams |= {name: name for teams_of in rules.organization.values for name in teams_of.values()}
    found = [key for key, name in teams.items() if wanted.casefold() in (key.casefold(), name.casefold())]
    if len(found) != 1:
        known = ", ".join(sorted(set(teams.values())))
        raise click.UsageError(
            terminal_text(
                message("{n} teams are called {name}; there are: {known}", n=len(found), name=wanted, known=known)
            )
        )
    return found[0]


def ticket_urls(account: Account, explanation: Explanation) -> dict[str, str]:
    """Return where a person opens each ticket behind a figure."""
    ids = {line.ticket_id for line in explanation.lines if line.ticket_id is not None}
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
    call.show(explanation_table(explanation, ticket_urls(account, explanation), language))
    call.say(
        message(
            "Data complete to {as_of}; rules {editions}",
            as_of=language.moment(cell.as_of),
            editions=", ".join(cell.editions) or "–",
        )
    )


def explanation_document(explanation: Explanation, urls: dict[str, str], name: str) -> dict[str, object]:
    """Return an explanation as JSON: the figure and every credit line."""
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
    }
