"""Two periods of each subject side by side: how much differs, by the mix of tickets and otherwise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.text import Text

from connectors.body import one_line
from kpi_engine.indicators.indicator import Indicator
from kpi_engine.message import message
from kpi_engine.periods import Period
from kpi_engine.tally import COUNTS, MONETARY
from sync.cli.comparing import Wish, compared_table, found_text, heading, named_subjects
from sync.cli.frame import Call
from sync.contrast_text import change_document, difference_text, figure_text, side_document, signed
from sync.contrasts import Change, Side, change
from sync.locale import Language
from sync.sources import Asked


@dataclass(frozen=True, slots=True)
class Between:
    """The sides of each subject in an earlier period and in the one asked for."""

    earlier: Period
    pairs: Mapping[str | None, tuple[Side, Side]]


def shown_between(call: Call, asked: Asked, wish: Wish, found: Between) -> dict[str, object]:
    """Show each subject's two periods side by side, and return it as JSON."""
    language, period = call.language, asked.window.period
    named = named_subjects(call, asked, wish.scope, found.pairs)
    changes = {key: change(*pair, indicator=wish.indicator) for key, pair in found.pairs.items()}
    table = compared_table(language, wish, f"{found.earlier.label} → {period.label}")
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
        **heading(asked, wish),
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
    told = found.by is not None and indicator.reduction not in {*COUNTS, *MONETARY}  # how many there were is a fact
    yield language(found_text(found)) if told else ""
