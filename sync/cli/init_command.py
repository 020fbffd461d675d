"""`helpdesk-kpi init`: asks what it must and writes a commented configuration."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from config import Answers, load, starter_config
from connectors import CONNECTORS
from kpi_engine.message import Message, message
from sync.cli.frame import Call, framed
from sync.exits import Exit
from sync.locale import LANGUAGES, preferred_language, terminal_text

Command = TypeVar("Command", bound=Callable[..., Any])
METHODS = ("oauth_client_credentials", "api_token", "bearer")

_QUESTIONS: dict[str, tuple[Message, str | None]] = {
    "organization": (message("Your organization's name"), None),
    "language": (message("Language of what is written (vi or en)"), preferred_language()),
    "timezone": (message("Time zone of reports"), "Asia/Ho_Chi_Minh"),
    "kind": (message("Which helpdesk (zendesk)"), "zendesk"),
    "base_url": (message("The helpdesk's address, such as https://your-account.zendesk.com"), None),
    "name": (message("A short name for this account (letters, digits, -)"), "helpdesk"),
    "auth_method": (message("How to sign in (oauth_client_credentials, api_token or bearer)"), METHODS[0]),
    "variable": (message("The environment variable that will hold the secret"), "ZENDESK_SECRET"),
    "history_from": (message("First day to pull (year-month-day)"), "2026-01-01"),
}


_SIGN_IN_QUESTIONS = {
    "client_id": message("The OAuth client's identifier"),
    "email": message("The e-mail address an API token acts as"),
}


def _option(key: str) -> Callable[[Command], Command]:
    choices = {"language": LANGUAGES, "kind": tuple(CONNECTORS), "auth_method": METHODS}.get(key)
    kind = click.Choice(choices) if choices else None
    return click.option(f"--{key.replace('_', '-')}", key, type=kind, help=terminal_text(_QUESTIONS[key][0]))


@click.command("init", help=terminal_text(message("Write a commented configuration file.")))
@_option("organization")
@_option("language")
@_option("timezone")
@_option("kind")
@_option("base_url")
@_option("name")
@_option("auth_method")
@_option("variable")
@_option("history_from")
@click.option("--client-id", default="", help=terminal_text(_SIGN_IN_QUESTIONS["client_id"]))
@click.option("--email", default="", help=terminal_text(_SIGN_IN_QUESTIONS["email"]))
@click.option(
    "--trusted-host", is_flag=True, help=terminal_text(message("Allow an address outside the vendor's domain."))
)
@click.option(
    "--no-input", is_flag=True, help=terminal_text(message("Ask nothing: everything comes from the options."))
)
@click.option("--force", is_flag=True, help=terminal_text(message("Overwrite an existing file.")))
@framed
def command(call: Call, *, no_input: bool, force: bool, **given: Any) -> Exit:  # noqa: ANN401 -- the answers by name
    """Write the configuration, but only if it is valid."""
    if call.config.exists() and not force:
        call.complain(message("{file} exists; say --force to overwrite it", file=call.config))
        return Exit.SETTINGS
    answers = _answers(given, ask=not no_input and sys.stdin.isatty())
    _write(call.config, starter_config(answers))
    call.say(message("{file} written", file=call.config))
    call.say(message("next: set ${variable}, then `helpdesk-kpi check`", variable=answers.variable))
    call.answer({"file": str(call.config)})
    return Exit.OK


def _answers(given: dict[str, Any], *, ask: bool) -> Answers:
    """Return the answers from options, questions and defaults; a missing one is a usage error naming its flag."""
    answers = dict(given)
    for key, (question, default) in _QUESTIONS.items():
        if answers[key] is None:
            answers[key] = click.prompt(terminal_text(question), default=default, err=True) if ask else default
        if answers[key] is None:
            flag = f"--{key.replace('_', '-')}"
            raise click.UsageError(terminal_text(message("{flag} is needed", flag=flag)))
    for key, method in (("client_id", METHODS[0]), ("email", METHODS[1])):
        if answers["auth_method"] == method and not answers[key]:
            flag = f"--{key.replace('_', '-')}"
            if not ask:
                raise click.UsageError(terminal_text(message("{flag} is needed", flag=flag)))
            answers[key] = click.prompt(terminal_text(_SIGN_IN_QUESTIONS[key]), err=True)
    return Answers(**answers)


def _write(target: Path, text: str) -> None:
    """Write the file whole or not at all, after it has loaded without a problem."""
    draft = target.with_name(f".{target.name}.new")
    draft.write_text(text, encoding="utf-8")
    try:
        load(draft)
        with draft.open("r+b") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
