import json
import os
import pty
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from config import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Desk

    from connectors.sandbox import ZendeskSandbox

GIVEN = {
    "--organization": "Công ty “Sao Mai”: #1",
    "--base-url": "https://saomai.zendesk.com",
    "--client-id": "helpdesk-kpi",
}


def options(**changed: str | None) -> list[str]:
    """Return the options of init, some changed or (None) left out."""
    given = {**GIVEN, **{f"--{key.replace('_', '-')}": value for key, value in changed.items()}}
    return [word for flag, value in given.items() if value is not None for word in (flag, value)]


def test_what_init_writes_passes_the_check(empty_desk: "Desk", simulated: "Callable[..., ZendeskSandbox]") -> None:
    sandbox = simulated()
    empty_desk.patch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
    empty_desk.patch.setenv("ZENDESK_SECRET", sandbox.oauth.client_secret)
    result = empty_desk.run("init", "--no-input", "--trusted-host", *options(base_url=sandbox.base_url))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "helpdesk-kpi.yaml written" in result.stdout
    assert "$ZENDESK_SECRET" in result.stdout
    assert "# " in empty_desk.config.read_text(encoding="utf-8")
    assert load(empty_desk.config).organization == GIVEN["--organization"]
    assert empty_desk.run("check").exit_code == 0


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_file_speaks_the_chosen_language(empty_desk: "Desk", language: str) -> None:
    assert empty_desk.run("init", "--no-input", *options(language=language)).exit_code == 0
    assert load(empty_desk.config).language == language
    assert ("Cấu hình" in empty_desk.config.read_text(encoding="utf-8")) == (language == "vi")


def test_another_file_may_be_named(empty_desk: "Desk") -> None:
    result = empty_desk.run("init", "--no-input", "--config", "other.yaml", "--json", *options())
    assert json.loads(result.stdout) == {"file": "other.yaml"}
    assert [path.name for path in empty_desk.folder.iterdir()] == ["other.yaml"]


def test_an_existing_file_is_not_overwritten_unless_forced(empty_desk: "Desk") -> None:
    empty_desk.config.write_text("mine", encoding="utf-8")
    result = empty_desk.run("init", "--no-input", *options())
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--force" in result.stderr
    assert empty_desk.config.read_text(encoding="utf-8") == "mine"
    assert empty_desk.run("init", "--no-input", "--force", *options()).exit_code == 0
    assert load(empty_desk.config).connectors[0].base_url == "https://saomai.zendesk.com"


@pytest.mark.parametrize("missing", ["organization", "base_url", "client_id"])
def test_without_input_a_missing_answer_is_named_by_its_option(empty_desk: "Desk", missing: str) -> None:
    result = empty_desk.run("init", "--no-input", *options(**{missing: None}))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"needed: --{missing.replace('_', '-')}\n" in result.stderr
    assert not list(empty_desk.folder.iterdir())


def test_all_missing_answers_are_named_at_once(empty_desk: "Desk") -> None:
    result = empty_desk.run("init", "--no-input")
    assert "needed: --organization, --base-url, --client-id\n" in result.stderr


def test_an_api_token_needs_the_e_mail_it_acts_as(empty_desk: "Desk") -> None:
    wanted = options(auth_method="api_token", client_id=None)
    assert "needed: --email\n" in empty_desk.run("init", "--no-input", *wanted).stderr
    assert empty_desk.run("init", "--no-input", "--email", "bot@saomai.vn", *wanted).exit_code == 0
    assert load(empty_desk.config).connectors[0].auth.method == "api_token"


def test_each_helpdesks_usual_way_in_is_taken_and_what_it_needs_is_named(empty_desk: "Desk") -> None:
    salesforce = options(kind="salesforce", base_url="https://saomai.my.salesforce.com")
    assert empty_desk.run("init", "--no-input", *salesforce).exit_code == 0
    assert load(empty_desk.config).connectors[0].auth.method == "oauth_client_credentials"
    by_certificate = [*salesforce, "--auth-method", "oauth_jwt_bearer"]
    assert "needed: --username\n" in empty_desk.run("init", "--no-input", "--force", *by_certificate).stderr
    named = [*by_certificate, "--username", "kpi@saomai.vn"]
    assert empty_desk.run("init", "--no-input", "--force", *named).exit_code == 0
    assert load(empty_desk.config).connectors[0].auth.method == "oauth_jwt_bearer"
    freshdesk = options(kind="freshdesk", base_url="https://saomai.freshdesk.com", client_id=None)
    assert empty_desk.run("init", "--no-input", "--force", *freshdesk).exit_code == 0
    elsewhere = [*freshdesk, "--auth-method", "oauth_jwt_bearer", "--client-id", "x", "--username", "kpi@saomai.vn"]
    refused = empty_desk.run("init", "--no-input", "--force", *elsewhere)
    assert (refused.exit_code, refused.stderr.partition(":")[0]) == (2, "--auth-method")


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Asia/Saigong"},
        {"base_url": "http://saomai.example"},
        {"name": "Sao Mai"},
        {"history_from": "2026-02-30"},
        {"variable": "not a variable"},
        {"auth_method": "api_token", "email": "nobody", "client_id": None},
    ],
)
def test_a_wrong_answer_is_named_by_its_option_and_nothing_is_written(
    empty_desk: "Desk", wrong: dict[str, str | None]
) -> None:
    result = empty_desk.run("init", "--no-input", *options(**wrong))
    flag = "email" if "email" in wrong else next(iter(wrong)).replace("_", "-")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"--{flag}: ")
    assert result.stderr.count("\n") == 1
    assert not list(empty_desk.folder.iterdir())


def test_a_wrong_answer_leaves_a_file_that_was_to_be_overwritten(empty_desk: "Desk") -> None:
    empty_desk.config.write_text("mine", encoding="utf-8")
    assert empty_desk.run("init", "--no-input", "--force", *options(timezone="x")).exit_code == 2
    assert [path.read_text(encoding="utf-8") for path in empty_desk.folder.iterdir()] == ["mine"]


def test_every_wrong_answer_is_told_at_once(empty_desk: "Desk") -> None:
    result = empty_desk.run("init", "--no-input", *options(timezone="x", name="A b", history_from="soon"))
    assert {line.partition(":")[0] for line in result.stderr.splitlines()} == {"--timezone", "--name", "--history-from"}


def test_a_folder_that_is_not_there_is_told(empty_desk: "Desk") -> None:
    result = empty_desk.run("init", "--no-input", "--config", "nowhere/kpi.yaml", *options())
    assert result.exit_code == 1
    assert "nowhere" in result.stderr
    assert not list(empty_desk.folder.iterdir())


@pytest.fixture
def somebody(empty_desk: "Desk") -> "Desk":
    """Put somebody before the terminal, who can be asked."""
    there = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    empty_desk.patch.setattr("sync.cli.init_command.sys", there)
    return empty_desk


ANSWERS = {
    "organization": "Sao Mai",
    "language": "vi",
    "timezone": "",
    "kind": "",
    "base_url": "https://saomai.zendesk.com",
    "name": "sao-mai",
    "auth_method": "",
    "variable": "",
    "history_from": "",
    "client_id": "helpdesk-kpi",
}


def lines(**changed: str) -> str:
    """Return what is typed: an empty line takes what is proposed."""
    return "".join(f"{answer}\n" for answer in {**ANSWERS, **changed}.values())


def test_questions_have_answers_to_take(somebody: "Desk") -> None:
    result = somebody.run("init", answers=lines())
    assert result.exit_code == 0, result.output
    settings = load(somebody.config)
    (own,) = settings.connectors
    assert (settings.organization, settings.language, settings.timezone) == ("Sao Mai", "vi", "Asia/Ho_Chi_Minh")
    assert (own.name, own.auth.method) == ("sao-mai", "oauth_client_credentials")
    assert "Time zone" in result.stderr
    assert "Time zone" not in result.stdout


def test_what_an_option_said_is_not_asked(somebody: "Desk") -> None:
    typed = "".join(f"{answer}\n" for key, answer in ANSWERS.items() if key not in ("organization", "name"))
    result = somebody.run("init", "--organization", "Hôm", "--name", "hom", answers=typed)
    assert result.exit_code == 0, result.output
    assert load(somebody.config).organization == "Hôm"


def test_an_e_mail_is_asked_for_where_a_token_acts_as_somebody(somebody: "Desk") -> None:
    result = somebody.run("init", answers=lines(auth_method="api_token", client_id="bot@saomai.vn"))
    assert result.exit_code == 0, result.output
    assert "e-mail" in result.stderr


def test_a_choice_that_does_not_exist_is_asked_again(somebody: "Desk") -> None:
    result = somebody.run("init", answers=lines(language="de\nen"))
    assert result.exit_code == 0, result.output
    assert load(somebody.config).language == "en"


def test_only_a_wrong_answer_is_asked_again(somebody: "Desk") -> None:
    result = somebody.run("init", answers=lines(timezone="Saigon", name="Sao Mai") + "Asia/Bangkok\nsao-mai\n")
    assert result.exit_code == 0, result.output
    assert "--timezone: " in result.stderr
    assert load(somebody.config).timezone == "Asia/Bangkok"
    assert result.stderr.count("organization") == 1


@pytest.mark.parametrize("typed", ["", "Sao Mai\n"])
def test_whoever_leaves_in_the_middle_has_written_nothing(somebody: "Desk", typed: str) -> None:
    result = somebody.run("init", answers=typed)
    assert result.exit_code == 130
    assert not list(somebody.folder.iterdir())


def test_at_a_real_terminal_init_asks(empty_desk: "Desk") -> None:
    keyboard, terminal = pty.openpty()
    script = Path(os.sys.executable).with_name("helpdesk-kpi")
    with subprocess.Popen(
        [script, "init"], cwd=empty_desk.folder, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        os.write(keyboard, lines().encode())
        shown, _ = process.communicate(timeout=30)
    os.close(keyboard)
    os.close(terminal)
    assert process.returncode == 0
    assert b"helpdesk-kpi.yaml" in shown
    assert load(empty_desk.config).language == "vi"
