"""A summary's content as blocks, and the same blocks as HTML and as plain text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from connectors.body import one_line

_BLANKS = re.compile(r"\n{3,}")
_PLACEHOLDER = re.compile(r"(?<=\{)(?=[{%])")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; the first of a page names it."""

    words: str
    level: int = 3


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two."""

    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: its name, its value, what stands beside it, and where it comes from."""

    name: str
    value: str
    detail: str = ""
    trend: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one family, or those that need no title."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures by family under the names of their columns."""

    columns: tuple[str, str, str, str]
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An item of a list: what it says, and where it leads if anywhere."""

    words: str
    address: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Link, ...]


Block: TypeAlias = Heading | Paragraph | Table | Items


def harmless(text: str) -> str:
    """Return text on one line in which no helpdesk finds a {{placeholder}} to expand."""
    return _PLACEHOLDER.sub("\u200b", one_line(text))


def as_html(blocks: Sequence[Block]) -> str:
    """Return the blocks as HTML; whatever they say is text, never markup."""
    return "".join(_html(block) for block in blocks)


def as_text(blocks: Sequence[Block]) -> str:
    """Return the blocks as plain text that says the same."""
    text = "\n".join(line for block in blocks for line in _lines(block))
    return _BLANKS.sub("\n\n", text).strip("\n")


def _marked(tag: str, words: str) -> str:
    return f"<{tag}>{escape(harmless(words))}</{tag}>"


def _html(block: Block) -> str:
    match block:
        case Heading(words, level):
            return _marked(f"h{level}", words)
        case Paragraph(words):
            return _marked("p", words)
        case Table(columns, groups):
            head = "".join(f"<td>{_marked('em', column)}</td>" for column in columns)  # a <th> would be centred
            return f"<table><thead><tr>{head}</tr></thead>{''.join(_body(group) for group in groups)}</table>"
        case Items(items):
            return f"<ul>{''.join(_item(item) for item in items)}</ul>"


def _body(group: Group) -> str:
    title = f'<tr><td colspan="4"><strong>{escape(harmless(group.title))}</strong></td></tr>' if group.title else ""
    return f"<tbody>{title}{''.join(_row(row) for row in group.rows)}</tbody>"


def _row(row: Row) -> str:
    value = f"<td>{_marked('strong', row.value)}</td>"
    return f"<tr>{_marked('td', row.name)}{value}{_marked('td', row.detail)}{_marked('td', row.trend)}</tr>"


def _item(item: Link) -> str:
    words = escape(harmless(item.words))
    if item.address is None:
        return f"<li>{words}</li>"
    link = f'<a href="{escape(harmless(item.address))}">{escape(harmless(item.name or item.address))}</a>'
    return f"<li>{link} · {words}</li>" if words else f"<li>{link}</li>"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(words):
            yield from ("", harmless(words))
        case Paragraph(words):
            yield harmless(words)
        case Table(_, groups):
            for group in groups:
                yield from ("", harmless(group.title))
                yield from (f"  {_row_text(row)}" for row in group.rows)
            yield ""
        case Items(items):
            yield from (f"- {_item_text(item)}" for item in items)
            yield ""


def _row_text(row: Row) -> str:
    beside = "; ".join(harmless(part) for part in (row.detail, row.trend) if part)
    return f"{harmless(row.name)}: {harmless(row.value)}" + (f" ({beside})" if beside else "")


def _item_text(item: Link) -> str:
    parts = [item.address or "", item.words]
    return " · ".join(harmless(part) for part in parts if part)
