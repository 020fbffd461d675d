"""`helpdesk-kpi demo`: the whole product against a simulated helpdesk, without an account."""

import tempfile
from pathlib import Path
from time import sleep
from typing import Final

import click
from rich.table import Table

from connectors.body import one_line
from connectors.sandbox import ZendeskSandbox
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Input
from kpi_engine.message import message
from sync.cli.explain_command import explanation_document, say_explanation, ticket_urls
from sync.cli.frame import Call, framed
from sync.counting import REQUESTS, SUMMARIES, TICKETS
from sync.cycle import PassReport
from sync.demo import SECRET_VARIABLE, Shown, config_text, least_requests, played
from sync.demo_beside import Together
from sync.exits import Exit
from sync.figures import Scorecard
from sync.grading_text import grading_document, gradings_table
from sync.inputs.kinds import KINDS
from sync.locale import Language, terminal_text
from sync.scorecards import cell_document, figures_document, ordered_subjects, scorecard_notes, scorecard_table
from sync.showing import change_sentences, pass_document
from sync.wording import ALL_ACCOUNTS, HEADLINES, cell_text, detail_text, subject_name


@click.command(
    "demo", help=terminal_text(message("Show the whole product against a simulated helpdesk; needs no account."))
)
@click.option(
    "--keep", is_flag=True, help=terminal_text(message("Leave the simulated helpdesk running, to be tried by hand."))
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help=terminal_text(message("With --keep: the port to answer on.")),
)
@framed
def command(call: Call, *, keep: bool, port: int) -> Exit:
    """Play two passes with a working day between them, and show what an admin and an agent would see."""
    if keep:
        return _keep(call, port)
    with tempfile.TemporaryDirectory(prefix="helpdesk-kpi-demo-") as folder:
        call.note(message("three simulated helpdesks are being set up; nothing leaves this machine"))
        with played(call.language.code, Path(folder)) as shown:
            call.language = shown.account.language
            _show(call, shown)
            call.answer(_document(call, shown))
    return Exit.OK


def _keep(call: Call, port: int) -> Exit:
    """Run the simulated helpdesk until Ctrl-C."""
    sandbox = ZendeskSandbox(live=True)
    sandbox.start(port)
    config = config_text(sandbox, call.language.code)
    call.say(message("the simulated helpdesk answers at {address}; stop it with Ctrl-C", address=sandbox.base_url))
    call.say(message("save this as helpdesk-kpi.yaml:"))
    call.say_text(config)
    call.say(
        message("and set: export {variable}={secret}", variable=SECRET_VARIABLE, secret=sandbox.oauth.client_secret)
    )
    call.answer(
        {"address": sandbox.base_url, "config": config, "environment": {SECRET_VARIABLE: sandbox.oauth.client_secret}}
    )
    try:
        while True:
            sleep(3600)
    finally:
        sandbox.stop()


def _show(call: Call, shown: Shown) -> None:
    """Print the demo's parts: scorecards, writes, a summary, a figure explained, one person everywhere, the cost."""
    for figures in (shown.figures, shown.teams):
        call.show(scorecard_table(figures, shown.rules, call.language))
    call.say(message("some names are hostile on purpose, to be shown harmlessly"))
    for note in scorecard_notes(shown.figures):
        call.say(note)
    _heading(call, 1)
    _show_writes(call, shown)
    _heading(call, 2)
    if shown.second.summaries:
        ticket = shown.second.summaries[0].desired.summary
        call.say_text(ticket.text if ticket is not None else "")
    _heading(call, 3)
    _show_explained(call, shown)
    _heading(call, 4)
    call.show(_together_table(shown.person, call.language))
    joined_by = message(
        "joined by the e-mail {email}: made of the same tickets, never of the means of means",
        email=shown.person.person.email or "–",
    )
    call.say(joined_by)
    _heading(call, 5)
    call.show(_company_table(shown.person.company, call.language))
    _heading(call, 6)
    names = dict(ordered_subjects(shown.figures, shown.rules, call.language))
    call.show(gradings_table(shown.graded, names, call.language))
    _heading(call, 7)
    for report, first in ((shown.first, True), (shown.second, False)):
        _say_cost(call, shown, report, first=first)


def _show_writes(call: Call, shown: Shown) -> None:
    call.say(message("custom fields created: {titles}", titles=", ".join(shown.first.created_fields)))
    for title, report in (
        (message("first pass"), shown.first),
        (message("second pass, one working day later"), shown.second),
    ):
        call.say(
            message(
                "{title}: {tickets} written, {summaries}, {refused} refused, {closed} closed set aside",
                title=title,
                tickets=TICKETS.of(len(report.plans)),
                summaries=SUMMARIES.of(len(report.summaries)),
                refused=len(report.sent.refused),
                closed=report.closed,
            )
        )
    for plan in shown.examples:
        for sentence in change_sentences(plan, call.language):
            call.say(message("  {line}", line=sentence))


def _show_explained(call: Call, shown: Shown) -> None:
    say_explanation(call, shown.explanation, ticket_urls([shown.account], shown.explanation), shown.rules)
    missed = shown.calls
    call.say(
        message(
            "\n{indicator} of all agents in {period}: {value}, {detail}",
            indicator=missed.indicator.name,
            period=missed.cell.period.label,
            value=cell_text(missed.indicator, missed.cell, call.language),
            detail=detail_text(missed.indicator, missed.cell, call.language),
        )
    )


_HEADINGS = {
    1: message("What was written"),
    2: message("One summary ticket"),
    3: message("One figure explained"),
    4: message("One person on three helpdesks"),
    5: message("What files tell: surveys, reviews, money, customers, duties, calls"),
    6: message("What was agreed, and how much of it was attained"),
    7: message("What it cost"),
}


def _heading(call: Call, number: int) -> None:
    call.say(message("\n── {heading} ──", heading=_HEADINGS[number]))


FILED: Final = frozenset(each for each in Input if each in KINDS)
"""The inputs that come of files."""

_OBSERVED = ("calls_handled", "work_item_handling_time")
"""What is told of no ticket, beside the headlines: Talk's calls, and Salesforce's calls and work items."""


def _together_table(found: Together, language: Language) -> Table:
    """Return one person's figures, over all helpdesks and on each."""
    table = Table(title=one_line(found.person.name), title_justify="left", box=None, padding=(0, 1, 0, 0))
    for title in (language(message("Indicator")), language(ALL_ACCOUNTS), *found.each):
        table.add_column(title, overflow="fold")
    for indicator in (INDICATORS[key] for key in (*HEADLINES, *_OBSERVED)):
        cards = [found.whole, *found.each.values()]
        cells = [cell_text(indicator, card[indicator.key], language) if card else "–" for card in cards]
        table.add_row(language(indicator.name), *cells)
    return table


def _company_table(card: Scorecard, language: Language) -> Table:
    """Return the company's figures that are made of files, with what stands behind each."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    for title in (message("Indicator"), ALL_ACCOUNTS, message("Rests on")):
        table.add_column(language(title), overflow="fold")
    for key, cell in card.items():
        indicator = INDICATORS[key]
        if cell.n and (indicator.needs | indicator.feeds) & FILED:
            words = cell_text(indicator, cell, language), detail_text(indicator, cell, language)
            table.add_row(language(indicator.name), *map(str, words))
    return table


def _say_cost(call: Call, shown: Shown, report: PassReport, *, first: bool) -> None:
    call.say(
        message(
            "{title}: {requests}, the least possible is {least}; would have waited {waited} for quotas",
            title=message("first pass") if first else message("second pass, one working day later"),
            requests=REQUESTS.of(report.usage.requests),
            least=least_requests(report, shown.account, first=first),
            waited=call.language.duration(report.usage.waited),
        )
    )


def _document(call: Call, shown: Shown) -> dict[str, object]:
    names = ordered_subjects(shown.figures, shown.rules, call.language)
    called = dict(names)
    cell = shown.explanation.cell
    name = call.language(subject_name(cell.subject, cell.scope, shown.rules, cell.period.end - 1))
    urls = ticket_urls([shown.account], shown.explanation)
    return {
        "scorecards": figures_document(shown.figures, names),
        "teams": figures_document(shown.teams, ordered_subjects(shown.teams, shown.rules, call.language)),
        "passes": [
            {
                **pass_document(report),
                "least_requests": least_requests(report, shown.account, first=report is shown.first),
            }
            for report in (shown.first, shown.second)
        ],
        "summaries": [
            {"subject": due.desired.summary.subject, "html": due.desired.summary.html, "text": due.desired.summary.text}
            for due in shown.second.summaries
            if due.desired.summary is not None
        ],
        "explained": explanation_document(shown.explanation, urls, name),
        "roles": [grading_document(each, called[subject], subject) for subject, each in shown.graded.items()],
        "company": {key: cell_document(cell) for key, cell in shown.person.company.items()},
        "person": {
            "name": shown.person.person.name,
            "accounts": dict(shown.person.person.accounts),
            "joined": {key: cell_document(cell) for key, cell in shown.person.whole.items()},
            "each": {
                account: {key: cell_document(cell) for key, cell in card.items()}
                for account, card in shown.person.each.items()
            },
        },
    }
