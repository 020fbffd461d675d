"""Whose figures a command is about: the options that name an agent, a team, a channel, and how a name is found."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import wraps
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from connectors.body import one_line
from kpi_engine.message import Message, message
from kpi_engine.periods import Period, PeriodKind, period_at, period_named
from kpi_engine.reduce import PLACED, Scope
from kpi_engine.rulebook import Person as Agent
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.cli.frame import Call
from sync.joined import Joined, joined
from sync.locale import terminal_text
from sync.naming import unaccented
from sync.people import Ambiguous, Person, people
from sync.privacy import Sight
from sync.sources import Asked, Source, as_of_now, source
from sync.wording import NOBODY, NONE_GIVEN, priority_called

PERIODS = click.Choice([kind.value for kind in PeriodKind])
_NAMED = (
    Scope.AGENT,
    Scope.TEAM,
    Scope.MANAGER,
    Scope.COUNTRY,
    Scope.TIER,
    Scope.CHANNEL,
    Scope.PRIORITY,
    Scope.SEGMENT,
    Scope.SEVERITY,
)


def period_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose its period; a length beside a period of another is a usage error."""

    @wraps(function)
    def checked(*arguments: object, **options: Any) -> object:  # noqa: ANN401 -- whatever the command takes
        refuse_other_length(options["by"], options["period"])
        return function(*arguments, **options)

    by = click.option(
        "--by",
        type=PERIODS,
        default=PeriodKind.WEEK.value,
        show_default=True,
        help=terminal_text(message("How long the period is, where none is named.")),
    )
    named = click.option(
        "--period",
        help=terminal_text(message("A day, week, month or quarter: 2026-11-22, 2026-W47, 2026-11, 2026-Q4.")),
    )
    return by(named(checked))


def refuse_other_length(by: str, named: str | None) -> None:
    """Raise a usage error where somebody gave a length of period beside the name of a period that is not so long."""
    if named is None or not is_given("by"):
        return
    kind = _kind_of(named)
    if kind is not None and kind != by:
        told = message("--by {by} beside --period {period}, which is a {kind}", by=by, period=named, kind=kind.value)
        raise click.UsageError(terminal_text(told))


def _kind_of(named: str) -> PeriodKind | None:
    """Return how long a period is by its name; None where no period is called so, which is told elsewhere."""
    try:
        return period_named(named, "UTC").kind
    except ValueError:
        return None


def is_given(option: str) -> bool:
    """Tell whether an option was given by who called the command, rather than left at its default."""
    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def subject_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that name whose figures it is about."""
    options = (
        ("--agent", message("An agent's id, e-mail or name.")),
        ("--team", message("A team's name.")),
        ("--manager", message("A manager's e-mail or name: all who stood under that person, each for that time.")),
        ("--country", message("A country, as the organization calls it.")),
        ("--tier", message("A tier, as the organization calls it.")),
        ("--channel", message("A channel, as the helpdesk calls it.")),
        ("--priority", message("A priority, as the helpdesk calls it.")),
        ("--segment", message("A segment, as the mapped field calls it.")),
        ("--severity", message("A severity, as the mapped field or the policies call it.")),
    )
    for name, text in reversed(options):
        function = click.option(name, help=terminal_text(text))(function)
    return function


def viewer_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that says for whom it is asked."""
    text = message("For whom: show only what this person, by e-mail or id, may see of others' own figures.")
    return click.option("--as", "viewer", help=terminal_text(text))(function)


Seen = TypeVar("Seen", Source, Joined)


def seen(asked: Seen, viewer: str | None) -> Seen:
    """Return what is asked, restricted to what may be shown of single persons; an unknown viewer is a usage error."""
    settings = asked.account.settings
    everybody = people(asked.account.store, settings)
    found = everybody.matched(viewer) if viewer is not None else None
    if viewer is not None and not isinstance(found, Person):
        raise not_one_agent(0 if found is None else len(found.candidates), viewer)
    sight = Sight(settings.privacy.individual, found if isinstance(found, Person) else None, everybody)
    return replace(asked, sight=sight)


def asked_period(account: Account, by: str, named: str | None, as_of: int) -> Period:
    """Return the period that is named, else the one the data has reached; a wrong name is a usage error."""
    if named is None:
        return period_at(PeriodKind(by), account.settings.timezone, as_of)
    try:
        return period_named(named, account.settings.timezone)
    except ValueError as error:
        raise click.UsageError(terminal_text(error.args[0])) from error


def with_data(accounts: list[Account], tell: Callable[[Message], None]) -> list[Account]:
    """Return the accounts that were pulled, and tell of the others that they were not."""
    ready = [account for account in accounts if as_of_now(account) is not None]
    for account in accounts:
        if account not in ready:
            tell(message("{name}: no data yet; run `helpdesk-kpi sync --dry-run` first", name=account.name))
    return ready


def asked_of(
    accounts: list[Account], when: tuple[str, str | None], only: Collection[str], viewer: str | None
) -> Iterator[Asked]:
    """Yield what figures are asked of: several accounts joined, then each by itself; all must have data."""
    instants = [as_of for account in accounts if (as_of := as_of_now(account)) is not None]
    if len(accounts) > 1:
        together = asked_period(accounts[0], *when, min(instants))
        yield seen(joined(accounts, together, min(instants), only), viewer)
    for account, as_of in zip(accounts, instants, strict=True):
        yield seen(source(account, asked_period(account, *when, as_of), as_of, only), viewer)


def named_scope(options: dict[str, str | None]) -> tuple[Scope, str] | None:
    """Return the scope and the name given by the options, None where there is none; two are a usage error."""
    given = [(scope, name) for scope in _NAMED if (name := options[scope]) is not None]
    if len(given) > 1:
        one, other = (f"--{scope}" for scope, _ in given[:2])
        raise click.UsageError(terminal_text(message("say either {one} or {other}", one=one, other=other)))
    return given[0] if given else None


def subject_named(call: Call, asked: Asked, scope: Scope, name: str) -> str | None:
    """Return the subject that a name means in a scope, None for nobody; several are a usage error."""
    if name in (call.language(NOBODY), call.language(NONE_GIVEN)):
        return None
    rules, as_of = asked.window.rulebook, asked.window.as_of
    if scope is Scope.AGENT:
        agent = _of_person(asked, name) or agent_id(rules, name, as_of)
        if asked.sight is not None and not asked.sight.sees(asked, agent):
            raise click.UsageError(terminal_text(asked.sight.refusal(name)))
        return agent
    if scope is Scope.MANAGER:
        return _manager(asked, name)
    if scope in (Scope.COUNTRY, Scope.TIER):
        return _as_told(asked, scope, name)
    if scope is Scope.PRIORITY:
        return priority_called(name, call.language)
    return team_key(rules, name, as_of) if scope is Scope.TEAM else name


def _manager(asked: Asked, name: str) -> str:
    """Return the key of the person with that e-mail, id or name; none or several are a usage error."""
    known, called = people(asked.account.store, asked.account.settings), asked.window.rulebook.called
    match known.matched(name):
        case Person() as found:
            return found.key
        case Ambiguous(candidates=candidates):
            raise not_one_agent(len(candidates), name)
    keys = [key for key, own in called.items() if unaccented(own) == unaccented(name)]
    if len(keys) != 1:
        raise not_one_agent(len(keys), name)
    return keys[0]


def _of_person(asked: Asked, word: str) -> str | None:
    """Return whom an e-mail, an account or a name of the map means: the person, or the account here; None for nobody.

    Of one account nothing is wrong with an e-mail that several use on others.
    """
    known, alone = people(asked.account.store, asked.account.settings), len(asked.parts) == 1
    match known.matched(word, asked.name if alone else None):
        case Ambiguous(candidates=candidates) if not alone:
            raise not_one_agent(len(candidates), word)
        case Person() as found:
            return found.accounts.get(asked.name) if alone else found.key
    return None


def _as_told(asked: Asked, scope: Scope, name: str) -> str:
    """Return a country or a tier as the organization writes it, in whatever case it is asked for; no other is known."""
    editions = (edition for part in asked.parts for edition in part.window.rulebook.organization.values)
    told = {PLACED[scope](place) for edition in editions for place in edition.all} - {None}
    found = next((each for each in told if each is not None and each.casefold() == name.casefold()), None)
    if found is None:
        raise none_called(scope, name, [each for each in told if each is not None])
    return found


def stranger(asked: Asked, agent: str) -> bool:
    """Tell whether no helpdesk told of an agent with that key, now or earlier."""
    known = people(asked.account.store, asked.account.settings)
    return agent not in asked.window.rulebook.agents and known.person(agent) is None


def none_called(scope: Scope, name: str, known: Collection[str]) -> click.UsageError:
    """Return the usage error of a name that nothing in a scope has: with the one that was probably meant, or all."""
    plain = {unaccented(each): each for each in known}
    close = [plain[each] for each in get_close_matches(unaccented(name), plain, n=1)]
    listed = ", ".join(sorted(known)) or "–"
    told = {"scope": f"--{scope}", "name": name, "known": listed}
    if close:
        told["meant"] = close[0]
        return click.UsageError(
            terminal_text(
                message("{scope}: nothing is called {name}; did you mean {meant}? There are: {known}", **told)
            )
        )
    return click.UsageError(terminal_text(message("{scope}: nothing is called {name}; there are: {known}", **told)))


def no_agent(asked: Asked, name: str) -> click.UsageError:
    """Return the usage error of a name that no agent bears, with the agent who was probably meant and may be shown."""
    as_of, sight = asked.window.as_of, asked.sight
    people_here = {key: line.at(as_of).name for key, line in asked.window.rulebook.agents.items()}
    plain = {unaccented(own): own for key, own in people_here.items() if sight is None or sight.sees(asked, key)}
    close = get_close_matches(unaccented(name), plain, n=1, cutoff=0.75)
    if not close:
        return not_one_agent(0, name)
    meant = one_line(plain[close[0]])
    return click.UsageError(
        terminal_text(message("no agent is called {name}; did you mean {meant}?", name=name, meant=meant))
    )


def agent_id(rules: Rulebook, wanted: str, as_of: int) -> str:
    """Return the id of the agent with that id, e-mail or name; several are a usage error.

    What nobody is called may be the id of somebody who is no agent any more.
    """
    if wanted in rules.agents:
        return wanted
    people = {key: line.at(as_of) for key, line in rules.agents.items()}
    found = [key for key, person in people.items() if unaccented(wanted) in map(unaccented, _called(person))]
    if len(found) > 1:
        raise not_one_agent(len(found), wanted)
    return found[0] if found else wanted


def not_one_agent(n: int, name: str) -> click.UsageError:
    """Return the usage error of a name that no agent bears, or several."""
    if n == 0:
        return click.UsageError(terminal_text(message("no agent is called {name}; `report` lists them", name=name)))
    return click.UsageError(
        terminal_text(message("{n} agents are called {name}; give the id or the e-mail", n=n, name=name))
    )


def _called(person: Agent) -> tuple[str, str]:
    return person.name, person.email or ""


def team_key(rules: Rulebook, wanted: str, as_of: int) -> str:
    """Return the key of the team with that key or name; none or several is a usage error."""
    named = (name for edition in rules.organization.values for name in edition.names)
    teams = {name: name for name in named if not name.startswith("group:")}
    teams |= {f"group:{key}": line.at(as_of) for key, line in rules.groups.items()}
    found = [key for key, name in teams.items() if wanted.casefold() in (key.casefold(), name.casefold())]
    if len(found) != 1:
        known = ", ".join(sorted(set(teams.values())))
        none = message("no team is called {name}; there are: {known}", name=wanted, known=known)
        several = message("{n} teams are called {name}; there are: {known}", n=len(found), name=wanted, known=known)
        raise click.UsageError(terminal_text(several if found else none))
    return found[0]
