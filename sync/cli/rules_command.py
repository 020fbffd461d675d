"""`helpdesk-kpi rules`: policies looked at, tested and compared before they are in force."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from config.documents import (
    configured_policies,
    has_stories,
    named_policies,
    named_stories,
    plain_policies,
    policies_name,
    policy_file,
)
from config.policies import PolicyDocument
from config.unanswered import asked_of_fields
from connectors import CONNECTORS
from connectors.base import Unavailable
from connectors.body import one_line
from kpi_engine.message import Message, message
from sync.account import Account
from sync.carrying import Written, asked_policies, carried, written
from sync.cli.frame import Call, framed
from sync.consequence_lint import lint as consequence_lint
from sync.counting import CLOCKS, POLICIES
from sync.exits import Exit
from sync.fitting import plain_table
from sync.locale import terminal_text
from sync.stories import outcomes

NOTHING_CARRIED = message(
    "there is nothing to write: the helpdesk has no SLA policies, or none that can be carried over; begin with a pack "
    "(policies: starter/by-priority) or with a file of your own"
)
_FILE = click.argument("file", required=False)


@click.group("rules", help=terminal_text(message("Check, test, show and compare policies.")))
def command() -> None:
    """Hold the commands about policies."""


@command.command("lint", help=terminal_text(message("Check a policy file, and the stories beside it.")))
@_FILE
@framed
def lint(call: Call, *, file: str | None) -> None:
    """Report every problem of the policies, or say that there is none."""
    name, document = _policies(call, file)
    if name is not None and has_stories(name):
        named_stories(name)
    counts = {"policies": len(document.policies), "clocks": sum(len(each.clocks) for each in document.policies)}
    policies, clocks = POLICIES.of(counts["policies"]), CLOCKS.of(counts["clocks"])
    call.say(message("{policies} with {clocks}: nothing to mend", policies=policies, clocks=clocks))
    remarks = [*consequence_lint(document), *(_wanted(document) if file is not None else ())]
    for remark in remarks:
        call.say(message("to think over: {remark}", remark=remark))
    call.answer({**counts, "remarks": [call.language(remark) for remark in remarks]})


@command.command("test", help=terminal_text(message("Play the stories beside a policy file; one that differs fails.")))
@_FILE
@framed
def test(call: Call, *, file: str | None) -> Exit:
    """Play every story, and tell those whose clocks do not say what was expected."""
    name, document = _policies(call, file)
    if name is None or not has_stories(name):
        wanted = _beside(name)
        call.complain(message("there are no stories beside these policies; {file} is where they would be", file=wanted))
        return Exit.SETTINGS
    found = list(outcomes(plain_policies(document), named_stories(name)))
    for each in found:
        passed = message("passed: {story}", story=each.story)
        call.say(message("FAILED: {story}", story=each.story) if each.differences else passed)
        for difference in each.differences:
            call.say(message("  {difference}", difference=difference))
    failed = [each for each in found if each.differences]
    call.say(message("{passed} of {all} stories passed", passed=len(found) - len(failed), all=len(found)))
    told = [{"story": each.story, "differences": [call.language(one) for one in each.differences]} for each in found]
    call.answer({"stories": told, "failed": len(failed)})
    return Exit.QUALITY if failed else Exit.OK


@command.command("show", help=terminal_text(message("Show policies as they are read, every default filled in.")))
@_FILE
@framed
def show(call: Call, *, file: str | None) -> None:
    """List everything that the policies say."""
    _, found = _policies(call, file)
    document = _plain(found)
    for path, value in _flat(document, ""):
        call.say_text(f"{path}: {value}")
    call.answer(document)


@command.command(
    "diff",
    help=terminal_text(message("Show what differs between two policy files, or the configured one and another.")),
)
@click.argument("before")
@click.argument("after", required=False)
@framed
def diff(call: Call, *, before: str, after: str | None) -> None:
    """List what one file says and the other does not, policies and clocks told apart by their names."""
    first = _plain(configured_policies(call.settings())) if after is None else named_policies(before)
    old, new = (dict(_flat(each, "")) for each in (first, named_policies(after or before)))
    paths = [path for path in dict.fromkeys([*old, *new]) if old.get(path) != new.get(path)]
    if paths:
        call.show(_diff_table(call, [(path, old.get(path), new.get(path)) for path in paths]))
    else:
        call.say(message("the two say the same"))
    call.answer([{"path": path, "before": old.get(path), "after": new.get(path)} for path in paths])


def _diff_table(call: Call, rows: list[tuple[str, str | None, str | None]]) -> Table:
    table = plain_table()
    for title in (message("Setting"), message("Before"), message("After")):
        table.add_column(call.language(title), overflow="fold")
    for path, *sides in rows:
        table.add_row(Text(path), *(Text(one_line(side or "–")) for side in sides))
    return table


@command.command("import", help=terminal_text(message("Write a helpdesk's own SLA set-up as a policy file.")))
@click.argument("kind", type=click.Choice(list(CONNECTORS)))
@click.argument("name", required=False)
@click.option("--output", type=click.Path(path_type=Path), help=terminal_text(message("The file; default: KIND.yaml.")))
@framed
def import_(call: Call, *, kind: str, name: str | None, output: Path | None) -> Exit:
    """Ask the helpdesk for its policies, write them as a file, and list what could not be carried over."""
    own = [each.name for each in call.settings().connectors if each.kind == kind and name in (None, each.name)]
    if len(own) != 1:
        told = message("{n} connectors are {kind} here: name one", n=len(own), kind=kind)
        raise click.UsageError(terminal_text(told))
    with call.accounts(own) as (account,):
        return _imported(call, account, output or Path(f"{kind}.yaml"))


def _imported(call: Call, account: Account, file: Path) -> Exit:
    account.connector.begin()
    try:
        policies = asked_policies(account)
    except Unavailable as unavailable:
        call.complain(unavailable.reason)
        return Exit.SETTINGS
    found = written(account, carried(account, policies), str(file))
    if file.exists():
        call.complain(message("{file} is there already; name another with --output", file=str(file)))
        return Exit.SETTINGS
    for each in found.left:
        call.say(message("not carried over: {what}", what=each))
    if found.policies == 0:
        call.complain(NOTHING_CARRIED)
        call.answer(_answer(call, None, found))
        return Exit.SETTINGS
    file.write_text(found.text, encoding="utf-8")
    call.say(message("{file}: {policies}", file=str(file), policies=POLICIES.of(found.policies)))
    for problem in found.problems:
        call.complain_text(problem.text(call.language))
    call.answer(_answer(call, str(file), found))
    return Exit.PARTIAL if found.problems else Exit.OK


def _answer(call: Call, file: str | None, found: Written) -> dict[str, object]:
    left, problems = ([call.language(each) for each in found.left], [str(each) for each in found.problems])
    return {"file": file, "policies": found.policies, "left": left, "problems": problems}


def _policies(call: Call, file: str | None) -> tuple[str | None, PolicyDocument]:
    """Return the name of a policy file and what it says; without one, what the configuration names or holds."""
    if file is not None:
        return file, policy_file(file)
    settings = call.settings()
    return policies_name(settings), configured_policies(settings)


def _wanted(document: PolicyDocument) -> Iterator[Message]:
    """Yield what a configuration must say for a policy file to mean something."""
    names = asked_of_fields(plain_policies(document))
    if names:
        listed = ", ".join(f"fields.{name}" for name in names)
        yield message(
            "these policies go by {names}: map it in the configuration, which refuses them otherwise", names=listed
        )


def _plain(document: PolicyDocument) -> dict[str, Any]:
    return document.model_dump(mode="json", exclude_none=True)


def _beside(name: str | None) -> str:
    return f"{Path(name or 'policies').stem}.stories.yaml"


def _flat(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield every plain value with its path; members of a list go by their name, where they have one."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _flat(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        for place, part in enumerate(value):
            yield from _flat(part, f"{path}[{_name(part, place)}]")
    else:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _name(part: Any, place: int) -> str:  # noqa: ANN401 -- a part of a document
    on = part.get("on", {})
    named = part.get("id") or part.get("level") or ".".join(filter(None, [on.get("policy"), on.get("clock")]))
    return str(named or place)
