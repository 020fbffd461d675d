"""`helpdesk-kpi init`: asks what it must and writes a commented configuration."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from config import Answers, Problem, SettingsError, load, starter_config
from connectors import CONNECTORS
from kpi_engine.message import Message, message
from sync.cli.frame import Call, framed
from sync.exits import Exit
from sync.locale import LANGUAGES, preferred_language, terminal_text

Command = TypeVar("Command", bound=Callable[..., Any])
METHODS: Mapping[str, tuple[str, ...]] = {
    "zendesk": ("oauth_client_credentials", "api_token", "bearer"),
    "freshdesk": ("api_key",),
    "salesforce": ("oauth_client_credentials", "oauth_jwt_bearer"),
}
"""How one may sign in to each helpdesk, the usual way first."""

_EVERY_METHOD = tuple(dict.fromkeys(method for methods in METHODS.values() for method in methods))

_QUESTIONS: dict[str, tuple[Message, str | None]] = {
    "organization": (message("Your organization's name"), None),
    "language": (message("Language of what is written (vi or en)"), preferred_language()),
    "timezone": (message("Time zone of reports"), "Asia/Ho_Chi_Minh"),
    "kind": (message("Which helpdesk (zendesk, freshdesk or salesforce)"), "zendesk"),
    "base_url": (
        message(
            "The helpdesk's address, such as https://your-account.zendesk.com, or .freshdesk.com, or .my.salesforce.com"
        ),
        None,
    ),
    "name": (message("A short name for this account (letters, digits, -)"), "helpdesk"),
    "auth_method": (message("How to sign in (see the documentation of the configuration)"), None),
    "variable": (message("The environment variable that will hold the secret"), None),
    "history_from": (message("First day to pull (year-month-day)"), "2026-01-01"),
}


_SIGN_IN_QUESTIONS = {
    "client_id": message("The OAuth client's identifier"),
    "email": message("The e-mail address an API token acts as"),
    "username": message("The username that a certificate signs in"),
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "oauth_client_credentials": ("client_id",),
    "oauth_jwt_bearer": ("client_id", "username"),
    "api_token": ("email",),
}
"""What else a way of signing in must be told."""


def _flag(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _kind(key: str) -> click.Choice[str] | None:
    choices = {"language": LANGUAGES, "kind": tuple(CONNECTORS), "auth_method": _EVERY_METHOD}.get(key)
    return click.Choice(choices) if choices else None


def _option(key: str) -> Callable[[Command], Command]:
    return click.option(_flag(key), key, type=_kind(key), help=terminal_text(_QUESTIONS[key][0]))


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
@click.option("--username", default="", help=terminal_text(_SIGN_IN_QUESTIONS["username"]))
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
    answers = _written(call, given, ask=not no_input and sys.stdin.isatty())
    call.say(message("{file} written", file=call.config))
    call.say(message("next: set ${variable}, then `helpdesk-kpi check`", variable=answers.variable))
    call.answer({"file": str(call.config)})
    return Exit.OK


def _written(call: Call, given: dict[str, Any], *, ask: bool) -> Answers:
    """Write the answers and return them; where there is someone to ask, wrong ones are asked for again."""
    while True:
        answers = _answers(given, ask=ask)
        try:
            _write(call.config, starter_config(answers))
        except SettingsError as error:
            found = SettingsError(_of_option(problem) for problem in error.problems)
            wrong = [problem.path.removeprefix("--").replace("-", "_") for problem in found.problems]
            if not ask or not set(wrong) <= given.keys():
                raise found from error
            call.complain_settings(found)
            given = {**asdict(answers), **dict.fromkeys(wrong)}
        else:
            return answers


def _of_option(problem: Problem) -> Problem:
    """Return the problem with the option it came from in place of a line in a file that was never kept."""
    key = problem.path.rpartition(".")[2]
    key = "variable" if key in ("client_secret", "token", "api_key", "private_key") else key
    key = "auth_method" if key in ("auth", "method") else key
    return replace(problem, file="", line=None, column=None, path=_flag(key))


def _answers(given: dict[str, Any], *, ask: bool) -> Answers:
    """Return the answers from options, questions and defaults; missing ones are a usage error naming their flags."""
    answers = dict(given)
    for key, (question, default) in _QUESTIONS.items():
        if answers[key] is None:
            usual = _usual(key, answers) or default
            answers[key] = _asked(question, usual, _kind(key)) if ask else usual
    needed = NEEDED.get(answers["auth_method"] or "", ())
    if not ask:
        _refuse_missing([key for key in (*_QUESTIONS, *needed) if not answers[key]])
    for key in needed:
        answers[key] = answers[key] or _asked(_SIGN_IN_QUESTIONS[key])
    return Answers(**answers)


def _refuse_missing(keys: Sequence[str]) -> None:
    if keys:
        flags = ", ".join(_flag(key) for key in keys)
        raise click.UsageError(terminal_text(message("not given, and needed: {flags}", flags=flags)))


def _usual(key: str, answers: Mapping[str, Any]) -> str | None:
    """Return the answer that the kind of helpdesk suggests."""
    if key == "auth_method":
        return METHODS[answers["kind"]][0]
    return f"{answers['kind'].upper()}_SECRET" if key == "variable" else None


def _asked(question: Message, default: str | None = None, kind: click.Choice[str] | None = None) -> str:
    return str(click.prompt(terminal_text(question), default=default, type=kind, show_choices=False, err=True))


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
