import json
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

import click
import jsonschema
import pytest

from kpi_engine.message import message
from sync.cli import COMMANDS, main
from sync.locale import Language

if TYPE_CHECKING:
    from conftest import Desk


def words(text: str) -> str:
    """Return text on one line, however it was wrapped."""
    return " ".join(text.split())


@pytest.mark.parametrize("code", ["en", "vi"])
def test_help_lists_every_command_in_the_terminals_language(empty_desk: "Desk", code: str) -> None:
    process = empty_desk.start("--help", HELPDESK_KPI_LANGUAGE=code)
    shown, trouble = process.communicate()
    assert (process.returncode, trouble) == (0, "")
    for name, text in COMMANDS.items():
        assert f"{name} {words(Language(code)(text))}" in words(shown)


def test_a_commands_help_follows_the_locale(empty_desk: "Desk") -> None:
    process = empty_desk.start("sync", "-h", LC_ALL="vi_VN.UTF-8", HELPDESK_KPI_LANGUAGE="")
    shown, trouble = process.communicate()
    assert (process.returncode, trouble) == (0, "")
    assert words(Language("vi")(COMMANDS["sync"])) in words(shown)
    assert words(Language("vi")(message("Show every write and make none."))) in words(shown)


def test_every_command_is_there_and_described_once(empty_desk: "Desk") -> None:
    assert main.list_commands(click.Context(main)) == list(COMMANDS)
    for name, text in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        assert command is not None
        assert command.name == name
        assert command.help == str(text)
    assert empty_desk.run("--help").stdout.count("\n  sync ") == 1


def test_an_unknown_command_is_a_usage_error(empty_desk: "Desk") -> None:
    result = empty_desk.run("synk")
    assert result.exit_code == 2
    assert "synk" in result.stderr
    assert result.stdout == ""


def test_a_module_without_a_command_is_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("sync.cli.version_command"), "command", "nothing to call")
    assert main.get_command(click.Context(main), "version") is None


def test_the_version_is_that_of_the_package(empty_desk: "Desk") -> None:
    assert empty_desk.run("version").stdout == f"helpdesk-kpi {version('helpdesk-kpi')}\n"
    assert empty_desk.told("version") == {"version": version("helpdesk-kpi")}


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_the_schema_is_a_json_schema_that_knows_the_configuration(desk: "Desk", flags: tuple[str, ...]) -> None:
    result = desk.run("schema", *flags)
    assert (result.exit_code, result.stderr) == (0, "")
    schema = json.loads(result.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(desk.config.read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "organisation": "x"}, schema)


def test_a_reader_that_leaves_ends_the_command_without_a_word(empty_desk: "Desk") -> None:
    process = empty_desk.start("version", "--json")
    assert process.stdout is not None
    process.stdout.close()
    _, trouble = process.communicate()
    assert (process.returncode, trouble) == (1, "")


def test_the_schema_of_an_input_is_a_json_schema_of_its_rows(desk: "Desk") -> None:
    schema = json.loads(desk.run("schema", "--input", "calls").stdout)

    jsonschema.Draft202012Validator.check_schema(schema)
    assert "started_at" in schema["required"]
