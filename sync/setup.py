"""Set-up: the custom fields the helpdesk needs, what shows them to people, and how all of it is undone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.base import Extra, FieldSetup, Target, WantedField, WantedView
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from sync.account import Account
from sync.comparing import PROVED
from sync.findings import OF_FIELDS, field_problems, note_fields
from sync.pull import Pass
from sync.stopping import stop
from sync.wording import FIELD_DESCRIPTIONS, FIELD_KINDS, FIELD_TITLES, field_name

LOOKED_UP = "fields_looked_up_at"
"""The switch that remembers when we last looked whether our fields still are as we know them."""

_PACE = 3600
_FIELD = "field"


def wanted_fields(account: Account) -> list[WantedField]:
    """Return the custom fields that the configuration asks for, named in the configured language."""
    language, push = account.language, account.own.push
    tickets = [
        WantedField(
            Target.TICKET, key, FIELD_KINDS[key], language(FIELD_TITLES[key]), language(FIELD_DESCRIPTIONS[key])
        )
        for key in push.ticket_fields
    ]
    agents = [
        WantedField(
            Target.AGENT, key, "number", f"KPI: {language(INDICATORS[key].name)}", language(INDICATORS[key].formula)
        )
        for key in push.agent_fields
    ]
    return tickets + agents


def wanted_views(account: Account) -> list[WantedView]:
    """Return the views that are offered: the overdue tickets, where the field that tells them is kept."""
    if "overdue" not in account.own.push.ticket_fields:
        return []
    title = account.language(message("KPI: overdue tickets"))
    told = account.language(message("Unsolved tickets on which a clock is over its goal, the earliest due first."))
    return [WantedView("overdue", title, told, shows="overdue")]


def use_remembered_fields(account: Account) -> None:
    """Tell the connector which remote fields are ours, as far as we know."""
    account.connector.use_fields(account.store.remote_fields.all(account.name))


def look_up_fields(account: Account, this: Pass, *, at_once: bool = False) -> list[FieldSetup]:
    """Remember the wanted fields that the helpdesk has, and return those that are missing or cannot serve.

    It comes before the pull, so that the rows pulled show what stands in these fields. Fields we know are looked at
    once an hour, or `at_once`; in between, what was wrong with them still is.
    """
    known = account.store.remote_fields.all(account.name)
    if not at_once and not _is_due(account, known):
        return _as_last_seen(account, known)
    setups = [_named_if_gone(setup, known) for setup in account.connector.fields(wanted_fields(account))]
    found = [setup for setup in setups if setup.remote_id is not None and setup.problem is None]
    with account.store.transaction(this.lock):
        note_fields(account, setups)
        account.store.switches.set(account.name, LOOKED_UP, account.now())
    set_up(account, this, found)
    return [setup for setup in setups if setup not in found]


def _is_due(account: Account, known: Mapping[tuple[Target, str], str]) -> bool:
    """Tell whether to look: some field was never found, or the last look is an hour old (or the clock went back)."""
    settled = known.keys() | field_problems(account).keys()
    last = account.store.switches.number(account.name, LOOKED_UP)
    fresh = last is not None and 0 <= account.now() - last < _PACE
    return not fresh or any((wanted.target, wanted.key) not in settled for wanted in wanted_fields(account))


def _as_last_seen(account: Account, known: Mapping[tuple[Target, str], str]) -> list[FieldSetup]:
    problems = field_problems(account)
    places = [(wanted, (wanted.target, wanted.key)) for wanted in wanted_fields(account)]
    return [FieldSetup(wanted, known.get(place), problems[place]) for wanted, place in places if place in problems]


def _named_if_gone(setup: FieldSetup, known: Mapping[tuple[Target, str], str]) -> FieldSetup:
    """Return the setup with the problem that a field we used is gone: no pass makes anew what somebody deleted."""
    wanted = setup.wanted
    if setup.remote_id is not None or setup.problem is not None or (wanted.target, wanted.key) not in known:
        return setup
    told = message("The field {title} was deleted; run `helpdesk-kpi setup` to have it again", title=wanted.title)
    return replace(setup, problem=told)


def set_up(account: Account, this: Pass, setups: Iterable[FieldSetup]) -> list[str]:
    """Create what is missing, remember where each field lives, and return the titles of those created."""
    created = []
    for setup in setups:
        if setup.problem is not None:
            continue
        remote_id, made = setup.remote_id, setup.made_by_us
        if remote_id is None:
            remote_id, made = account.connector.create_field(setup.wanted), True
            created.append(setup.wanted.title)
        _remember(account, this, setup.wanted, remote_id, made_by_us=made)
    use_remembered_fields(account)
    return created


def _remember(account: Account, this: Pass, wanted: WantedField, remote_id: str, *, made_by_us: bool) -> None:
    """Remember where a field lives; one that is new to us is planned for on every ticket."""
    store, name, now = account.store, account.name, account.now()
    place = _field_key(wanted.target, wanted.key)
    known = store.remote_fields.all(name).get((wanted.target, wanted.key))
    noted = not made_by_us or store.installed.all(name).get(place) == remote_id
    if known == remote_id and noted and (wanted.target, wanted.key) not in field_problems(account):
        return  # as nearly always: nothing to write
    with store.transaction(this.lock):
        store.findings.over(name, wanted.target, wanted.key, OF_FIELDS, now)
        if not noted:
            store.installed.save(name, place, remote_id, now)
        if known == remote_id:
            return
        store.remote_fields.save(name, wanted.target, wanted.key, remote_id, wanted.value_kind, now)
        store.changes.forget_delivered(name, wanted.target, wanted.key)
        store.readings.plan_anew(name)


def _field_key(target: Target, key: str) -> str:
    return f"{_FIELD}:{target}:{key}"


# -- what shows the fields to people -----------------------------------------------------------------------------------


def extras(account: Account) -> list[Extra]:
    """Return how the places stand at which people see our fields; changes nothing."""
    return account.connector.extras(wanted_views(account), account.store.installed.all(account.name))


def install(account: Account, this: Pass) -> list[Message]:
    """Make the places at which people see our fields, and return what was made. Safe to repeat.

    It comes after the fields: a view of a field that could not be made is left out.
    """
    known = account.store.remote_fields.all(account.name)
    views = [view for view in wanted_views(account) if (Target.TICKET, view.shows) in known]
    made = []
    for extra in account.connector.extras(views, account.store.installed.all(account.name)):
        if extra.problem is None and not extra.there:
            handle = account.connector.install(extra, views)
            made.append(extra.title)
        elif extra.handle is not None:
            handle = extra.handle
        else:
            continue
        if handle:
            with account.store.transaction(this.lock):
                account.store.installed.save(account.name, extra.key, handle, account.now())
    return made


# -- for an admin to deploy --------------------------------------------------------------------------------------------


def write_package(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Write files below `folder`, over older ones of the same names, and return their paths."""
    written = []
    for name, content in sorted(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        written.append(str(path))
    return written


# -- undoing it all ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Removal:
    """One thing the set-up made and would undo; `uses`: what works with it and must let go of it first."""

    key: str
    handle: str
    title: Message
    uses: tuple[Message, ...] = ()


def removals(account: Account) -> list[Removal]:
    """Return what the set-up made, in the order it is to be undone: what shows the fields, then the fields."""
    made = account.store.installed.all(account.name)
    fields = [(key, handle) for key, handle in made.items() if key.startswith(f"{_FIELD}:")]
    shown = [(key, handle) for key, handle in made.items() if not key.startswith(f"{_FIELD}:")]
    return [
        *(Removal(key, handle, _extra_title(key, handle)) for key, handle in shown),
        *(_field_removal(account, key, handle) for key, handle in fields),
    ]


def _extra_title(key: str, handle: str) -> Message:
    kind, _, name = key.partition(":")
    if kind == "form":
        return message("our fields on the form {name}", name=name)
    return message("the view {id} that the setup made", id=handle)


def _field_removal(account: Account, key: str, handle: str) -> Removal:
    _, target, name = key.split(":", 2)
    title = message("the field {field} ({id}) and all that stands in it", field=field_name(name), id=handle)
    return Removal(key, handle, title, tuple(account.connector.uses(Target(target), handle)))


def uninstall(account: Account, this: Pass, planned: Iterable[Removal]) -> list[Removal]:
    """Undo what the set-up made, but for fields that something else works with; return what was undone.

    Nothing is written any more until a pass with --yes: it would make the fields anew. What was written stays in the
    store. Interrupted, it goes on where it was when run again.
    """
    _disarm(account, this)
    done = []
    for removal in planned:
        if not removal.uses:
            _undo(account, this, removal)
            done.append(removal)
    use_remembered_fields(account)
    return done


def _disarm(account: Account, this: Pass) -> None:
    with account.store.transaction(this.lock):
        stop(account)
        account.store.switches.clear(account.name, LOOKED_UP)
        account.store.switches.clear(account.name, PROVED)
        account.store.changes.withdraw_all(account.name, (Target.TICKET, Target.AGENT), account.now())


def _undo(account: Account, this: Pass, removal: Removal) -> None:
    store, name = account.store, account.name
    kind, _, rest = removal.key.partition(":")
    if kind != _FIELD:
        account.connector.remove(removal.key, removal.handle)
        with store.transaction(this.lock):
            store.installed.forget(name, removal.key)
        return
    target_name, _, key = rest.partition(":")
    target = Target(target_name)
    account.connector.remove_field(target, removal.handle)
    with store.transaction(this.lock):
        store.installed.forget(name, removal.key)
        store.remote_fields.forget(name, target, key)
        store.changes.forget_delivered(name, target, key)
