"""The same company's other two helpdesks in the demo, and one person's scorecard over all three."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from config import Settings
from connectors.sandbox import FreshdeskSandbox, SalesforceSandbox
from kpi_engine.periods import Period
from kpi_engine.reduce import Scope
from sync.account import Account
from sync.accounts import opened
from sync.cycle import Mode, run_pass
from sync.figures import Scorecard, figures, reduced_in
from sync.joined import Joined, joined, least
from sync.people import Person
from sync.pull import silent
from sync.wording import EVERY_ACCOUNT

TICKETS = 100
"""How many tickets the shop's helpdesk has, half as many again the other: enough for a scorecard, and soon shown."""
_SEEDS = (11, 23)
"""What makes each of the two another helpdesk than the first and than one another."""

_KEY, _SECRET = "HELPDESK_KPI_DEMO_FRESHDESK", "HELPDESK_KPI_DEMO_SALESFORCE"

_ENTRIES = """\
  - name: cua-hang
    kind: freshdesk
    base_url: {freshdesk}
    trusted_host: true
    auth: {{method: api_key, api_key: "${{env:{key}}}"}}
    history_from: 2026-10-01
    exclude: {{tags: [test, internal]}}
  - name: care
    kind: salesforce
    base_url: {salesforce}
    trusted_host: true
    auth: {{method: oauth_client_credentials, client_id: {client_id}, client_secret: "${{env:{secret}}}"}}
    history_from: 2026-10-01
    create_fields: true           # by default an admin deploys them
    csat: {{field: CSAT__c, scale: [1, 5]}}
    calls: voice_call             # those of Salesforce Voice
    agent_work: true              # and Omni-Channel's work items
"""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The two other simulated helpdesks, answering."""

    freshdesk: FreshdeskSandbox
    salesforce: SalesforceSandbox


@dataclass(frozen=True, slots=True)
class Together:
    """One person's scorecard over all helpdesks and on each by its account's name, and the whole company's.

    `asked` is what they are made of.
    """

    asked: Joined
    person: Person
    whole: Scorecard
    each: Mapping[str, Scorecard]
    company: Scorecard


@contextmanager
def neighbours() -> Iterator[Neighbours]:
    """Let the two helpdesks answer for a while."""
    shop, care = FreshdeskSandbox(_SEEDS[0], TICKETS), SalesforceSandbox(_SEEDS[1], TICKETS * 3 // 2)
    with shop as freshdesk, care as salesforce:
        yield Neighbours(freshdesk, salesforce)


def entries(beside: Neighbours) -> str:
    """Return the two connectors' entries of the configuration."""
    return _ENTRIES.format(
        freshdesk=beside.freshdesk.base_url,
        salesforce=beside.salesforce.base_url,
        client_id=beside.salesforce.oauth.client_id,
        key=_KEY,
        secret=_SECRET,
    )


def secrets(beside: Neighbours) -> dict[str, str]:
    """Return what the entries refer to."""
    return {_KEY: beside.freshdesk.api_key, _SECRET: beside.salesforce.oauth.client_secret}


@contextmanager
def opened_beside(settings: Settings, beside: Neighbours) -> Iterator[list[Account]]:
    """Open the two accounts, each by its own helpdesk's clock."""
    with ExitStack() as stack:
        first = stack.enter_context(opened(settings, ["cua-hang"], beside.freshdesk.clock))
        second = stack.enter_context(opened(settings, ["care"], beside.salesforce.clock))
        yield [*first, *second]


def live_on(beside: Neighbours, accounts: Sequence[Account], seconds: float) -> None:
    """Run a pass of each account, let the time pass, and run another."""
    for account, sandbox in zip(accounts, (beside.freshdesk, beside.salesforce), strict=True):
        run_pass(account, Mode(yes=True), silent)
        sandbox.advance(seconds)
        run_pass(account, Mode(), silent)


def together(accounts: Sequence[Account], week: Period) -> Together:
    """Return the scorecards of whoever of all helpdesks solved the most in a week."""
    as_of = least(accounts) or week.end
    asked = joined(accounts, week, as_of)
    found = reduced_in(asked, (Scope.AGENT, Scope.ACCOUNT))
    cards = found[Scope.AGENT].scorecards
    everywhere = [each for each in asked.everybody.persons if len(each.accounts) == len(accounts)]
    person = max(everywhere, key=lambda each: (cards[each.key]["solved"].n if each.key in cards else 0, each.key))
    alone = {
        account.name: figures(account, week, Scope.AGENT, as_of).scorecards.get(person.accounts[account.name], {})
        for account in accounts
    }
    return Together(asked, person, cards.get(person.key, {}), alone, found[Scope.ACCOUNT].scorecards[EVERY_ACCOUNT])
