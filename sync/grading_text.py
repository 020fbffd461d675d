"""How scorecards of roles are put into words: what each part attains, what is covered, why there is a grade or none."""

from collections.abc import Iterator, Mapping
from typing import Final

from rich.table import Table
from rich.text import Text

from connectors.body import one_line
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from kpi_engine.role_cards import LEAST_COVERED, SEVERE, Grading, RoleCard
from sync.fitting import NAME_WIDTH, plain_table
from sync.locale import Language


def finding(found: Grading, language: Language) -> Message:
    """Return a scorecard's grade in words, with what it rests on, or why there is none."""
    covered = language.percent(found.coverage, 0)
    if found.grade is None:
        least = language.percent(LEAST_COVERED, 0)
        return message(
            "no grade: only {covered} of the weights have a figure, {least} are needed", **_both(covered, least)
        )
    attained = language.percent(found.attained or 0.0, 0)
    if found.severe:
        return message(
            "{grade}, because of severe overdue requests ({n}), whatever the average of {attained} says",
            grade=found.grade,
            n=found.severe,
            attained=attained,
        )
    return message(
        "{grade}: {attained} attained, {covered} covered", grade=found.grade, attained=attained, covered=covered
    )


_BLOCKS: Final = {
    "satisfaction": message("Satisfaction"),
    "quality": message("Quality"),
    "efficiency": message("Efficiency"),
    "sales": message("Sales"),
    "business": message("Business value"),
    "manager": message("Manager's view"),
}
"""The usual blocks, by the word of the configuration; any other is called as there."""


def block_name(card: RoleCard, name: str, language: Language) -> str:
    """Return what a block is called: by its title, in the reader's language if there is one, else by its usual name."""
    block = next(each for each in card.blocks if each.name == name)
    usual = language(_BLOCKS[name]) if name in _BLOCKS else name
    return one_line(_titled(block.titles, usual, language))


def role_name(card: RoleCard, language: Language) -> str:
    """Return what a role is called: by its title, in the reader's language if there is one, else as configured."""
    return one_line(_titled(card.titles, card.role, language))


def _titled(titles: Mapping[str, str], usual: str, language: Language) -> str:
    return titles.get(language.code) or next(iter(titles.values()), usual)


def _both(covered: str, least: str) -> dict[str, object]:
    return {"covered": covered, "least": least}


def gradings_table(found: Mapping[str | None, Grading], names: Mapping[str | None, str], language: Language) -> Table:
    """Return a table of scorecards: every part of a single one, else one line for each subject."""
    table = plain_table(language(message("Scorecards by role")))
    if len(found) == 1:
        (only,) = found.values()
        return _one(table, only, language)
    for title in (message("Whose"), message("Role"), message("Attained"), message("Covered"), message("Finding")):
        table.add_column(language(title), overflow="fold")
    table.columns[0].max_width = NAME_WIDTH
    for subject, name in names.items():
        if subject in found:
            table.add_row(*(Text(each) for each in _row(found[subject], name, language)))
    return table


def _row(found: Grading, name: str, language: Language) -> Iterator[str]:
    yield one_line(name)
    yield role_name(found.card, language)
    yield "–" if found.attained is None else language.percent(found.attained, 0)
    yield language.percent(found.coverage, 0)
    yield language(finding(found, language))


def _one(table: Table, found: Grading, language: Language) -> Table:
    for title in (message("Block"), message("Indicator"), message("Weight"), message("Attained")):
        table.add_column(language(title), overflow="fold")
    for part in found.parts:
        share = "–" if part.share is None else language.percent(part.share, 0)
        name = language(INDICATORS[part.indicator].name)
        block = block_name(found.card, part.block, language)
        table.add_row(*(Text(each) for each in (block, name, language.percent(part.weight, 0), share)))
    table.add_section()
    table.add_row(Text(role_name(found.card, language), style="bold"), Text(language(finding(found, language))))
    return table


def how_it_is_made(found: Grading, language: Language) -> Iterator[Message]:
    """Yield how a scorecard comes to what it says, in words."""
    yield message("What it is: the mean of what is attained of each indicator, by weight, over those with a figure")
    yield message(
        "Attained: the share of an agreed target that the figure reaches, from 0 to {most}; several targets for one "
        "indicator count alike; only targets announced before the period began",
        most=language.percent(1.2, 0),
    )
    yield message(
        "No grade below {least} of the weights; one severe overdue request (`explain {key}`) gives the last grade",
        least=language.percent(LEAST_COVERED, 0),
        key=SEVERE,
    )
    grades = ", ".join(f"{name} ≥ {language.percent(start, 0)}" for name, start in found.card.grades)
    yield message("Grades: {grades}", grades=grades)


def grading_document(found: Grading, name: str, subject: str | None) -> dict[str, object]:
    """Return what a scorecard comes to as JSON."""
    return {
        "subject": subject,
        "name": name,
        "role": found.card.role,
        "attained": found.attained,
        "coverage": found.coverage,
        "grade": found.grade,
        "severe": found.severe,
        "floored": found.floored,
        "blocks": [{"block": block.name, "attained": found.block(block.name)} for block in found.card.blocks],
        "parts": [
            {"block": part.block, "indicator": part.indicator, "weight": part.weight, "attained": part.share}
            for part in found.parts
        ],
    }
