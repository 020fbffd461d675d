"""Tables of tickets whose links give way where a terminal is too narrow for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from rich.table import Table
from rich.text import Text

from connectors.body import one_line

NAME_WIDTH = 40
"""Columns a name has before it is folded: one very long one does not push everybody's figures out of sight."""


_ANY_WIDTH = 10_000


@dataclass(frozen=True, slots=True)
class Linked:
    """A table of tickets: the first column holds their numbers, the last one, titled `link`, where to open them.

    On a terminal too narrow for all of it the addresses are left out, and the numbers themselves are the links.
    """

    title: str | None
    headings: Sequence[str]
    link: str
    rows: Sequence[tuple[Sequence[str], str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table that fits."""
        whole = self.whole()
        needed = console.measure(whole, options=options.update(max_width=_ANY_WIDTH)).maximum
        fits = not console.is_terminal or needed <= options.max_width
        yield whole if fits else self.narrow()

    def whole(self) -> Table:
        """Return the table with the addresses spelled out."""
        table = self._empty([*self.headings, self.link])
        for cells, url in self.rows:
            table.add_row(*(Text(one_line(cell)) for cell in (*cells, url)))
        return table

    def narrow(self) -> Table:
        """Return the table whose first column opens the tickets."""
        table = self._empty(self.headings)
        for (first, *others), url in self.rows:
            opening = Text(one_line(first), style=Style(link=url or None))
            table.add_row(opening, *(Text(one_line(cell)) for cell in others))
        return table

    def _empty(self, headings: Sequence[str]) -> Table:
        table = plain_table(self.title)
        for heading in headings:
            table.add_column(heading, overflow="fold")
        return table


def plain_table(title: str | None = None) -> Table:
    """Return an empty table without rules, so that much fits a terminal of 80 columns."""
    return Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0), header_style="bold underline")
