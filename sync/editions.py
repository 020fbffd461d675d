"""What decides today, kept as dated editions, and the rulebook they make."""

from collections.abc import Iterable, Iterator, Mapping

from config import (
    Exemptions,
    calendar_choice,
    calendar_documents,
    meaning_documents,
    scorecard_documents,
    target_documents,
)
from connectors.base import Stream
from kpi_engine.compiling import compiled, what_one_is
from kpi_engine.editions import Edition, Override, corrected, digest_of
from kpi_engine.message import Message, message
from kpi_engine.records import Agent, CustomStatus, Group, Membership, Schedule, SlaPolicy
from kpi_engine.rulebook import Kind, Rulebook
from kpi_engine.rules import Policies, parse_policies
from kpi_engine.touching import touches
from sync.account import Account
from sync.organization import organization_body
from sync.people import Person, people
from sync.policies import todays_consequences, todays_policies
from sync.pull import Pass
from sync.rosters import changed_from, roster_bodies
from sync.settling import settled_through
from sync.store import Store
from sync.store.codec import chunked
from sync.store.pseudonyms import EVERYWHERE
from sync.store.renaming import renamed_body

CORRECTABLE = frozenset(
    {
        Kind.POLICIES,
        Kind.CALENDAR,
        Kind.CALENDAR_CHOICE,
        Kind.ORGANIZATION,
        Kind.ROSTER,
        Kind.MEANINGS,
        Kind.PARAMETERS,
    }
)
"""What a correction has act backwards: rules. Who worked here, and what the helpdesk's own SLAs were, are facts."""

_ONLY_TOLD = frozenset({Kind.GROUP, Kind.MEMBERSHIP, Kind.SLA_POLICY, Kind.TARGETS, Kind.SCORECARDS, Kind.CONSEQUENCES})
"""What is kept to be told, and measured by nobody."""

_TOLD_LATE = frozenset({Kind.ORGANIZATION, Kind.POLICIES})
"""What may be known only after tickets were measured without it, and holds from the beginning all the same."""

Body = Mapping[str, object]


def keep_editions(account: Account, this: Pass, as_of: int) -> Message | None:
    """Keep today's agents, teams, calendars, policies and meanings where they changed.

    The first edition of anything holds from the beginning, a later one from `as_of`. Unfinished tickets are measured
    again where what changed can change an answer: another name never does, and policies alone only where they rule a
    ticket otherwise. Returns how many those are.
    """
    store, name = account.store, account.name
    with store.transaction(this.lock):
        before = store.editions.newest(name, store.editions.last(name))
        changed = [each for each in _unnamed(account, _today(account)) if _differs(before.get(each[:2]), each[2])]
        kept = [each for each in changed if store.editions.keep(name, *each, as_of)]
        if before and any(kind in _TOLD_LATE and (kind, key) not in before for kind, key, _ in kept):
            store.records.mark_all_stale(name)  # told late, it holds from the beginning
            told = None
        else:
            deciding = {kind for kind, key, body in kept if _decides(kind, before.get((kind, key)), body)}
            told = _measure_again(account, before.get((Kind.POLICIES, "")), deciding, as_of)
        _keep_rosters(account, before, as_of)
    return told


def _measure_again(account: Account, policies: Edition | None, deciding: set[Kind], as_of: int) -> Message | None:
    """Have those unfinished tickets measured again whose answers the kinds that changed can change."""
    store, name = account.store, account.name
    unfinished = store.readings.unfinished(name) if deciding else []
    if deciding != {Kind.POLICIES} or policies is None:
        store.records.mark_stale(name, unfinished)
        return None
    touched = list(_touched(account, parse_policies(policies.body), unfinished, as_of))
    store.records.mark_stale(name, touched)
    return message(
        "the policies changed: they touch {touched} of {all} unfinished tickets, which are measured again",
        touched=len(touched),
        all=len(unfinished),
    )


def _touched(account: Account, before: Policies, ids: Iterable[str], as_of: int) -> Iterator[str]:
    """Yield the tickets that today's policies rule otherwise; one of which that cannot be told is among them."""
    rules, start = rulebook(account), account.history_start
    for chunk in chunked(ids):
        for history in account.store.records.histories(account.name, chunk, start):
            try:
                touched = touches(history, before, rules, as_of)
            except Exception:  # noqa: BLE001 -- a ticket that breaks a rule is told of where it is measured
                touched = True
            if touched:
                yield history.ticket_id


def _keep_rosters(account: Account, before: Mapping[tuple[str, str], Edition], as_of: int) -> None:
    """Keep the rosters that changed, each from the earliest day it tells anew, but never from before what is settled.

    Unlike rules, who was ill is a fact, and usually told afterwards.
    """
    store, name, floor = account.store, account.name, settled_through(account)
    known = {key: edition for (kind, key), edition in before.items() if kind == Kind.ROSTER}
    bodies = {**{key: {} for key in known}, **roster_bodies(account)}
    news = {key: body for key, body in bodies.items() if _differs(known.get(key), body) and (body or key in known)}
    for key, body in news.items():
        if key not in known:
            store.editions.keep_from(name, Kind.ROSTER, key, {}, None)
        old = known[key].body if key in known else {}
        since = max(floor, changed_from(old, body))
        store.editions.keep_from(name, Kind.ROSTER, key, body, since)
        store.records.mark_stale(name, store.readings.ids_about(name, since, max(as_of, since) + 1, held=True))


def _differs(before: Edition | None, body: Body) -> bool:
    return before is None or before.digest != digest_of(body)


def _decides(kind: Kind, before: Edition | None, body: Body) -> bool:
    """Tell whether a new edition can change a ticket's answers; of people only what they are can."""
    if kind is Kind.AGENT and before is not None:
        return what_one_is(before.body) != what_one_is(body)
    return kind not in _ONLY_TOLD


def rulebook(account: Account) -> Rulebook:
    """Return the rulebook compiled from the editions kept for this account, and from its corrections."""
    return rulebook_of(account.store, account.name)


def rulebook_of(store: Store, name: str) -> Rulebook:
    """Return the rulebook of the account with a name."""
    made = store.settled.corrections(name, 0)
    overrides = [Override(each.start, each.end, _rules_at(store, name, each.last_edition)) for each in made]
    return compiled(corrected(store.editions.all(name), overrides))


def _rules_at(store: Store, name: str, number: int) -> dict[tuple[str, str], Edition]:
    newest = store.editions.newest(name, number)
    return {key: edition for key, edition in newest.items() if edition.kind in CORRECTABLE}


def unexplained(account: Account) -> list[Message]:
    """Return what the configuration says about statuses that the account does not have."""
    known = dict.fromkeys([*account.connector.statuses, *(each.label for each in _custom_statuses(account))])
    return [
        message(
            "statuses.{connector}: the account has no status {word}; it has {known}",
            connector=account.name,
            word=word,
            known=", ".join(known),
        )
        for word in account.settings.statuses.get(account.name, {})
        if word not in account.connector.statuses and not _named(account, word)
    ]


def _today(account: Account) -> Iterator[tuple[Kind, str, Body]]:
    """Yield (kind, key, body) of everything that decides, as it is today."""
    if (policies := todays_policies(account)) is not None:
        yield Kind.POLICIES, "", policies
    yield Kind.CALENDAR_CHOICE, "", _calendar_choice(account)
    if (organization := organization_body(account)) is not None:
        yield Kind.ORGANIZATION, "", organization
    yield Kind.MEANINGS, "", _meanings(account)
    yield Kind.PARAMETERS, "", {"indicators": account.settings.parameters}
    yield Kind.TARGETS, "", {"targets": target_documents(account.settings.targets)}
    yield Kind.SCORECARDS, "", {"scorecards": scorecard_documents(account.settings.scorecards)}
    if (consequences := todays_consequences(account)) is not None:
        yield Kind.CONSEQUENCES, "", consequences
    for key, document in calendar_documents(account.settings).items():
        yield Kind.CALENDAR, key, document
    yield from _from_platform(account)


def _unnamed(account: Account, told: Iterator[tuple[Kind, str, Body]]) -> Iterator[tuple[Kind, str, Body]]:
    """Yield it without the ids and words of people who are forgotten, whom the configuration may still name."""
    here, everywhere = account.store.pseudonyms.names(account.name), account.store.pseudonyms.names(EVERYWHERE)
    for kind, key, body in told:
        yield kind, key, renamed_body(kind, body, here, everywhere) if here.known else body


def _from_platform(account: Account) -> Iterator[tuple[Kind, str, Body]]:
    groups_of: dict[str, list[str]] = {}
    for stream in (Stream.AGENTS, Stream.GROUPS, Stream.MEMBERSHIPS, Stream.SCHEDULES, Stream.SLA_POLICIES):
        for record in account.store.records.account(account.name, stream):
            if isinstance(record, Agent):
                yield Kind.AGENT, record.agent_id, _agent(record)
            elif isinstance(record, Group):
                yield Kind.GROUP, record.group_id, {"name": record.name, "private": record.private}
            elif isinstance(record, Membership):
                groups_of.setdefault(record.agent_id, []).append(record.group_id)
            elif isinstance(record, Schedule):
                yield Kind.CALENDAR, record.schedule_id, _schedule(record)
            elif isinstance(record, SlaPolicy):
                yield Kind.SLA_POLICY, record.policy_id, _sla_policy(record)
    for agent_id, groups in groups_of.items():
        yield Kind.MEMBERSHIP, agent_id, {"groups": sorted(groups)}


def _agent(agent: Agent) -> Body:
    return {
        "name": agent.name,
        "email": agent.email,
        "role": agent.role,
        "active": agent.active,
        "bot": agent.bot,
        "locale": agent.locale,
    }


def _calendar_choice(account: Account) -> Body:
    """Return which calendar tickets follow: by the configuration, else as the helpdesk's groups and default say."""
    configured = calendar_choice(account.settings)
    records = account.store.records
    own = {
        group.group_id: group.schedule_id
        for group in records.account(account.name, Stream.GROUPS)
        if isinstance(group, Group) and group.schedule_id is not None
    }
    default = [
        schedule.schedule_id
        for schedule in records.account(account.name, Stream.SCHEDULES)
        if isinstance(schedule, Schedule) and schedule.default
    ]
    by_group = {**own, **configured["by_group"]}
    chosen = configured["default"] or next(iter(default), None)
    return {**configured, "by_group": by_group, "default": chosen, "assumed": _oldest_schedule(account)}


def _oldest_schedule(account: Account) -> str | None:
    """Return the id of the helpdesk's oldest schedule: followed where nothing says which one to follow."""
    records = account.store.records.account(account.name, Stream.SCHEDULES)
    ages = [(record.created_at, record.schedule_id) for record in records if isinstance(record, Schedule)]
    return min(ages)[1] if ages else None


def _schedule(schedule: Schedule) -> Body:
    return {
        "name": schedule.name,
        "zone": schedule.zone,
        "week": [[list(span) for span in day] for day in schedule.week],
        "holidays": [list(holiday) for holiday in schedule.holidays],
        "overrides": {},
        "created_at": schedule.created_at,
    }


def _sla_policy(policy: SlaPolicy) -> Body:
    return {"title": policy.title, "position": policy.position, "body": policy.body}


def _meanings(account: Account) -> Body:
    configured = account.settings.statuses.get(account.name, {})
    custom = {status: meaning for word, meaning in configured.items() for status in _named(account, word)}
    plain = {each.custom_status_id for each in _custom_statuses(account) if each.status == each.custom_status_id}
    platform = {word: meaning for word, meaning in configured.items() if not _named(account, word)}
    return {
        "statuses": {**account.connector.statuses, **platform, **{key: custom[key] for key in custom if key in plain}},
        "custom_statuses": {key: meaning for key, meaning in custom.items() if key not in plain},
        "fields": meaning_documents(account.settings.fields, account.name),
        "excluded_tags": sorted(account.own.exclude.tags),
        "excluded_forms": sorted(account.own.exclude.forms),
        "bots": sorted(account.settings.bots),
        **_exemptions(account),
    }


def _exemptions(account: Account) -> Body:
    """Return the tags and fields that exempt and who may set them; nothing where none is configured, as ever before."""
    given = account.settings.exemptions.get(account.name)
    if given is None:
        return {}
    fields = {
        field: {value.casefold(): what for value, what in values.items()} for field, values in given.fields.items()
    }
    more = ({"exempting_fields": fields} if fields else {}) | ({"leads_approve": True} if given.leads else {})
    return {"exempting": dict(given.tags), "approvers": sorted(_approvers(account, given)), **more}


def _approvers(account: Account, given: Exemptions) -> set[str]:
    """Return the ids of approvers: those named by an e-mail or a name are looked up, what nobody is stays as it is."""
    everybody = people(account.store, account.settings)
    found = {word: everybody.matched(word, account.name) for word in given.approvers}
    return {who.accounts.get(account.name, word) if isinstance(who, Person) else word for word, who in found.items()}


def _named(account: Account, word: str) -> list[str]:
    """Return the ids of the account's own statuses that a word means: by id or label, the platform's words first."""
    if word in account.connector.statuses:
        return []
    meant = [each for each in _custom_statuses(account) if word in (each.custom_status_id, each.label)]
    alike = [each for each in _custom_statuses(account) if each.label.casefold() == word.casefold()]
    return [each.custom_status_id for each in meant or alike]


def _custom_statuses(account: Account) -> list[CustomStatus]:
    listed = account.store.records.account(account.name, Stream.CUSTOM_STATUSES, gone=True)
    return [record for record in listed if isinstance(record, CustomStatus)]
