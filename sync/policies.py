"""The policies in force: today's, or the last good ones while their file is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from config import Problem, SettingsError, consequence_document, policy_document, policy_problems
from config.settings import PLATFORM
from connectors.base import Stream
from kpi_engine.editions import Edition
from kpi_engine.message import Message, message
from kpi_engine.rulebook import Kind
from sync.account import Account
from sync.carrying import platform_policies
from sync.pull import Pass

WRONG_SINCE = "policies_wrong_since"
"""The switch that remembers when a pass first found the policies wrong."""

_OF_THE_FILE = (Kind.POLICIES, Kind.CONSEQUENCES)


@dataclass(frozen=True, slots=True)
class InForce:
    """The edition of the policies in force, None before any was kept, and what is wrong with those that should be.

    `wrong_since` is when a pass first met that, None where none has yet.
    """

    edition: Edition | None
    problems: tuple[Problem, ...]
    wrong_since: int | None


def in_force(account: Account) -> InForce:
    """Return which policies are in force, and why not those that the configuration names."""
    problems = policy_problems(account.settings)
    since = account.store.switches.number(account.name, WRONG_SINCE) if problems else None
    return InForce(_last_good(account), problems, since)


def _last_good(account: Account) -> Edition | None:
    return account.store.editions.newest_of(account.name, Kind.POLICIES).get("")


def note_policies(account: Account, this: Pass) -> list[Message]:
    """Remember since when the policies are wrong, and say so; raise SettingsError where none good was ever kept."""
    now = in_force(account)
    if not now.problems:
        account.store.switches.clear(account.name, WRONG_SINCE)
        return []
    if now.edition is None:
        raise SettingsError(now.problems)
    if now.wrong_since is None:
        with account.store.transaction(this.lock):
            account.store.switches.set(account.name, WRONG_SINCE, account.now())
    return list(sentences(account, in_force(account)))


def sentences(account: Account, now: InForce) -> list[Message]:
    """Return what people must know while the policies are wrong: which ones stay in force, and what is to be mended."""
    if not now.problems:
        return []
    language = account.language
    told = message("no policies are in force")
    if now.edition is not None:
        told = message(
            "the policies are wrong; those kept last (edition {edition}, in force from {moment}) stay in force",
            edition=now.edition.digest,
            moment=moment_of(account, now.edition),
        )
    since = [] if now.wrong_since is None else [message("wrong since {at}", at=language.moment(now.wrong_since))]
    return [told, *since, *(message("{problem}", problem=each.text(language)) for each in now.problems)]


def moment_of(account: Account, edition: Edition) -> Message | str:
    """Return since when an edition is in force, in words."""
    if edition.valid_from is None:
        return message("the beginning")
    return account.language.moment(edition.valid_from)


def policy_digests(account: Account) -> dict[Kind, str]:
    """Return the digests of what the policy file says and is in force, by kind; without what was never kept."""
    newest = {kind: account.store.editions.newest_of(account.name, kind).get("") for kind in _OF_THE_FILE}
    return {kind: edition.digest for kind, edition in newest.items() if edition is not None}


def put_in_force(account: Account, before: Mapping[Kind, str]) -> list[Message]:
    """Return what whoever asked for a dry run must know: that policies he changed came into force by it."""
    now = policy_digests(account)
    if all(now[kind] == digest for kind, digest in before.items()):
        return []
    return [
        message(
            "although this is a dry run, the changed policies are in force from now on; "
            "`helpdesk-kpi simulate FILE` tries policies without that"
        )
    ]


def todays_policies(account: Account) -> Mapping[str, object] | None:
    """Return today's policies, None while they are wrong or, being the helpdesk's own, not known yet."""
    if account.settings.policies == PLATFORM:
        return _of_platform(account)
    try:
        return policy_document(account.settings)
    except SettingsError:
        return None


def _of_platform(account: Account) -> Mapping[str, object] | None:
    """Return the helpdesk's own SLA set-up; what was kept stays in force where it cannot be said any more."""
    if Stream.SLA_POLICIES not in account.store.cursors.all(account.name):
        return None
    found = platform_policies(account)
    return policy_document(account.settings) if found is None and _last_good(account) is None else found


def todays_consequences(account: Account) -> Mapping[str, object] | None:
    """Return what missed deadlines cost and what is rewarded today, None while the policies are wrong."""
    try:
        return consequence_document(account.settings)
    except SettingsError:
        return None
