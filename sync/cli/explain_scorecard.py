"""`helpdesk-kpi explain scorecard`: how somebody's scorecard comes to what it says."""

from typing import Final

import click

from kpi_engine.message import message
from kpi_engine.reduce import Scope
from sync.cli.choosing import subject_named
from sync.cli.frame import Call
from sync.cli.known_names import refuse_unknown
from sync.grading import GRADED, graded_figures, no_card
from sync.grading_text import grading_document, gradings_table, how_it_is_made
from sync.locale import terminal_text
from sync.sources import Asked
from sync.targets import untold_targets
from sync.wording import subject_name

SCORECARD: Final = "scorecard"
"""What is asked for in an indicator's place."""


def explained_scorecard(call: Call, named: tuple[Scope, str] | None, asked: Asked) -> dict[str, object]:
    """Show the parts of one subject's scorecard and how they are put together, and return it as JSON."""
    if named is None or named[0] not in GRADED:
        raise click.UsageError(terminal_text(message("a scorecard is somebody's: say --agent or --team")))
    scope, whom = named[0], subject_named(call, asked, *named)
    _, cards = graded_figures(asked, scope)
    at = asked.window.period.end - 1
    name = call.language(subject_name(whom, scope, asked.window.rulebook, at))
    if whom not in cards:
        if whom is not None:
            refuse_unknown(asked, scope, whom)
        call.say(message("{name} has no scorecard in {period}", name=name, period=asked.window.period.label))
        if (why := no_card(asked)) is not None:
            call.say(why)
        return {"scorecard": None}
    card = cards[whom]
    call.say(message("The scorecard of {name} in {period}", name=name, period=asked.window.period.label))
    call.show(gradings_table({whom: card}, {whom: name}, call.language))
    if (why := untold_targets(asked, scope)) is not None:
        call.say(why)
    for sentence in how_it_is_made(card, call.language):
        call.say(sentence)
    call.say(message("`explain INDICATOR` shows the tickets behind each part."))
    return {"scorecard": grading_document(card, name, whom), "grades": dict(card.card.grades)}
