"""Keys of indicators as words of a command: what was probably meant where none has the key that is given."""

from collections.abc import Iterator
from difflib import get_close_matches

import click

from kpi_engine.indicators import INDICATORS
from kpi_engine.message import message
from sync.locale import terminal_text
from sync.naming import unaccented

_MEANT = 3


class IndicatorKey(click.Choice[str]):
    """The key of an indicator, or one of a few other words; a wrong one is answered with those alike, not all."""

    def __init__(self, *others: str) -> None:
        super().__init__([*INDICATORS, *others])

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        """Return that no indicator has that key, and which may have been meant."""
        del ctx
        if meant := alike(str(value), self.choices):
            return terminal_text(
                message("no indicator has the key {key}; did you mean {meant}?", key=value, meant=", ".join(meant))
            )
        return terminal_text(message("no indicator has the key {key}; docs/indicators.md lists them", key=value))

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Return where keys are listed."""
        del param, ctx
        return terminal_text(message("Such as first_reply; docs/indicators.md lists them."))


def alike(word: str, keys: "tuple[str, ...] | list[str]") -> list[str]:
    """Return the few keys most like a word, by themselves or by what they begin with, the likeliest first."""
    plain = unaccented(word).replace(" ", "_").replace("-", "_")
    close = get_close_matches(plain, keys, n=_MEANT, cutoff=0.7)
    return list(dict.fromkeys([*close, *_holding(plain, keys)]))[:_MEANT]


def _holding(plain: str, keys: "tuple[str, ...] | list[str]") -> Iterator[str]:
    """Yield the keys that have the word in them; a word of a letter or two is in too many."""
    return (key for key in keys if len(plain) > 2 and plain in key)  # noqa: PLR2004 -- two letters say nothing
