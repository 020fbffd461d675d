"""What comparisons of subjects and of periods have in common: what is asked for, names, the table, the words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rich.table import Table

from kpi_engine.comparison import Standing
from kpi_engine.indicators.indicator import Indicator
from kpi_engine.message import Message, message
from kpi_engine.reduce import Scope
from sync.cli.frame import Call
from sync.contrasts import Change
from sync.fitting import NAME_WIDTH, plain_table
from sync.locale import Language
from sync.sources import Asked
from sync.wording import SCOPES as SCOPE_NAMES
from sync.wording import subject_name

BESIDE_THE_FIRST: Final = {
    Standing.BETTER: message("better"),
    Standing.WORSE: message("worse"),
    Standing.HIGHER: message("higher"),
    Standing.LOWER: message("lower"),
    Standing.NO_EVIDENCE: message("no evidence of a difference"),
    Standing.UNKNOWN: message("cannot be told"),
}


APART_FROM_THE_MIX: Final = message("no evidence of a difference apart from the mix")


def found_text(found: Change) -> Message:
    """Return what a difference is evidence of."""
    return APART_FROM_THE_MIX if found.by_mix else BESIDE_THE_FIRST[found.standing]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be compared: an indicator by a scope, perhaps against another period, or only some subjects."""

    indicator: Indicator
    scope: Scope
    against: str | None
    only: tuple[str, ...]
    shrink: bool = False
    places: bool = False


def named_subjects(
    call: Call, asked: Asked, scope: Scope, subjects: Mapping[str | None, object]
) -> list[tuple[str | None, str]]:
    """Return (subject, name) by name, nobody last: a comparison is no ranking."""
    rules, at = asked.window.rulebook, asked.window.period.end - 1
    found = [(subject, call.language(subject_name(subject, scope, rules, at))) for subject in subjects]
    return sorted(found, key=lambda pair: (pair[0] is None, pair[1].casefold(), pair[0] or ""))


def compared_table(language: Language, wish: Wish, periods: str) -> Table:
    """Return an empty table with the column of who is compared."""
    table = plain_table(f"{language(wish.indicator.name)}, {periods}")
    table.add_column(language(SCOPE_NAMES[wish.scope]), overflow="fold", max_width=NAME_WIDTH)
    return table


def heading(asked: Asked, wish: Wish) -> dict[str, object]:
    """Return what every comparison says first, as JSON."""
    return {
        "account": asked.name,
        "indicator": wish.indicator.key,
        "scope": wish.scope.value,
        "period": asked.window.period.label,
        "as_of": asked.window.as_of,
    }
