"""Every sentence that people read has its Vietnamese text, and every Vietnamese text its sentence."""

import ast
from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations
from importlib import import_module
from pathlib import Path
from string import Formatter

import click
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from sync.cli import COMMANDS
from sync.locale import CATALOGUES

ROOT = Path(__file__).parents[1]
ROOMS = ("kpi_engine", "connectors", "config", "sync")
SOURCES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
CATALOGUE_OF = {"vi.po": "helpdesk-kpi.mo", "vi-click.po": "messages.mo"}

MAKES_MESSAGES_OF_DATA = {
    "kpi_engine/message.py",  # message() itself
    "sync/store/codec.py",  # brings back a stored sentence
    "sync/store/database.py",  # fills one of the sentences above it
    "sync/counting.py",  # fills the noun that fits the number
    "sync/cli/frame.py",  # the same sentence with its values on one line
    "sync/summaries/text.py",  # fills one of the sentences above it, and writes a summary's marker
    "sync/role_words.py",  # a priority in the helpdesk's own word
    "sync/wording.py",  # a person's or a team's name, a clock that nobody named
}


@cache
def _catalogue(name: str) -> Catalog:
    with (Path(CATALOGUES) / name).open("rb") as file:
        return read_po(file, locale="vi")


@cache
def _sentences() -> frozenset[str]:
    """Return the first argument of every message("...") in the code."""
    return frozenset(
        text
        for room in ROOMS
        for _, _, text, _, _ in extract_from_dir(ROOT / room, keywords={"message": None})
        if isinstance(text, str)
    )


def _pairs(name: str) -> Iterator[tuple[str, str]]:
    """Yield every text of a catalogue with its translation, each plural form for itself."""
    for entry in _catalogue(name):
        texts = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        strings = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        if texts[0]:  # the empty one is the header
            yield from ((texts[-1], string or "") for string in strings)


def _placeholders(text: str) -> list[tuple[str, str | None, str | None]]:
    parsed = Formatter().parse(text)
    return sorted((name, spec, conversion or "") for _, name, spec, conversion in parsed if name is not None)


def _filled(text: str) -> str:
    return text.format(**{name: f"<{name}>" for name, _, _ in _placeholders(text)})


@cache
def _all_calls() -> list[tuple[str, str, ast.Call]]:
    """Return every call in the code: the file it stands in and the name that is called."""
    return [
        (path.relative_to(ROOT).as_posix(), getattr(node.func, "id", "") or getattr(node.func, "attr", ""), node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]


def _calls(wanted: str) -> list[tuple[str, ast.Call]]:
    return [(path, call) for path, name, call in _all_calls() if name == wanted]


def test_every_sentence_has_a_vietnamese_text() -> None:
    """`make messages` adds what is missing here, to be translated in sync/locale/vi.po."""
    translated = {text for text, string in _pairs("vi.po") if string.strip()}
    assert len(_sentences()) > 400
    assert not _sentences() - translated


def test_no_vietnamese_text_has_lost_its_sentence() -> None:
    catalogue = _catalogue("vi.po")
    assert not {text for text, _ in _pairs("vi.po")} - _sentences()
    assert not catalogue.obsolete


@pytest.mark.parametrize("name", CATALOGUE_OF)
def test_no_translation_is_a_machines_guess(name: str) -> None:
    assert not [entry.id for entry in _catalogue(name) if entry.id and entry.fuzzy]


@pytest.mark.parametrize("name", CATALOGUE_OF)
def test_a_translation_has_exactly_the_placeholders_of_its_text(name: str) -> None:
    different = {text: string for text, string in _pairs(name) if _placeholders(text) != _placeholders(string)}
    assert not different


@pytest.mark.parametrize("name", CATALOGUE_OF)
def test_every_translation_can_be_filled_in(name: str) -> None:
    for text, string in _pairs(name):
        values = [f"<{placeholder}>" for placeholder, _, _ in _placeholders(text)]
        assert all(value in _filled(string) for value in values), text


@pytest.mark.parametrize("name", CATALOGUE_OF)
def test_a_translation_begins_and_ends_with_the_same_space_as_its_text(name: str) -> None:
    def around(text: str) -> tuple[str, str]:
        return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    assert not {text: string for text, string in _pairs(name) if around(text) != around(string)}


@pytest.mark.parametrize(("name", "compiled"), CATALOGUE_OF.items())
def test_the_compiled_catalogue_says_what_its_source_says(name: str, compiled: str) -> None:
    """`make messages` compiles both."""
    with (Path(CATALOGUES) / "vi" / "LC_MESSAGES" / compiled).open("rb") as file:
        translations = GNUTranslations(file)
    for entry in _catalogue(name):
        if isinstance(entry.id, tuple):
            assert (translations.ngettext(*entry.id, 2),) == entry.string
        elif entry.id:
            assert translations.gettext(entry.id) == entry.string


def test_every_word_translated_for_click_is_still_one_of_clicks() -> None:
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    clicks = {text for _, _, text, _, _ in extract_from_dir(Path(click.__file__).parent, keywords=keywords)}
    assert not {entry.id for entry in _catalogue("vi-click.po") if entry.id} - clicks


def test_message_is_always_called_with_a_literal_sentence() -> None:
    """Anything else could not be extracted into the catalogue."""
    unreadable = [
        f"{path}:{call.lineno}"
        for path, call in _calls("message")
        if not (call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert not unreadable


def test_a_message_is_made_of_anything_else_only_where_it_is_data() -> None:
    assert {path for path, _ in _calls("Message")} <= MAKES_MESSAGES_OF_DATA


def test_every_sentence_can_be_filled_with_the_values_it_is_given() -> None:
    unfilled = [
        f"{path}:{call.lineno}"
        for path, call in _calls("message")
        if (given := {word.arg for word in call.keywords}) and None not in given
        if given != {name for name, _, _ in _placeholders(ast.literal_eval(call.args[0]))}
    ]
    assert not unfilled


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_explains_itself_with_a_sentence_of_the_catalogue(name: str) -> None:
    command = import_module(f"sync.cli.{name}_command").command
    assert isinstance(command, click.Command)
    known = _sentences() | {string for _, string in _pairs("vi.po")}
    assert command.help in known
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help in known, parameter.name
