"""Set-up: which custom fields the helpdesk needs, which it has, and the creation of what is missing."""

from collections.abc import Iterable

from connectors.base import FieldSetup, Target, WantedField
from kpi_engine.indicators import INDICATORS
from sync.account import Account
from sync.pull import Pass
from sync.wording import FIELD_DESCRIPTIONS, FIELD_KINDS, FIELD_TITLES


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


def use_remembered_fields(account: Account) -> None:
    """Tell the connector which remote fields are ours, as far as we know."""
    account.connector.use_fields(account.store.remote_fields.all(account.name))


def missing_fields(account: Account) -> list[FieldSetup]:
    """Return how the wanted fields stand that we do not know a remote field of yet; asks nothing when we know all."""
    known = account.store.remote_fields.all(account.name)
    unknown = [wanted for wanted in wanted_fields(account) if (wanted.target, wanted.key) not in known]
    return account.connector.fields(unknown) if unknown else []


def look_up_fields(account: Account, this: Pass) -> list[FieldSetup]:
    """Remember the wanted fields that the helpdesk has already, and return those that are missing or cannot serve.

    It comes before the pull, so that the rows pulled show what stands in these fields.
    """
    setups = missing_fields(account)
    found = [setup for setup in setups if setup.remote_id is not None and setup.problem is None]
    set_up(account, this, found)
    return [setup for setup in setups if setup not in found]


def set_up(account: Account, this: Pass, setups: Iterable[FieldSetup]) -> list[str]:
    """Create what is missing, remember where each field lives, and return the titles of those created."""
    created = []
    for setup in setups:
        if setup.problem is not None:
            continue
        remote_id = setup.remote_id
        if remote_id is None:
            remote_id = account.connector.create_field(setup.wanted)
            created.append(setup.wanted.title)
        wanted = setup.wanted
        with account.store.transaction(this.lock):
            account.store.remote_fields.save(
                account.name, wanted.target, wanted.key, remote_id, wanted.value_kind, account.now()
            )
    use_remembered_fields(account)
    return created
