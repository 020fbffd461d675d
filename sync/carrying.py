"""The account's own SLA set-up as policies: read from what is stored of it, written as a file, or in force as it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from config import Problem
from config.documents import checked_policies
from config.writing import policy_text
from connectors.base import Carried, Stream
from kpi_engine.documents import listed
from kpi_engine.message import Message, message
from kpi_engine.records import SlaPolicy
from sync.account import Account


@dataclass(frozen=True, slots=True)
class Written:
    """A set-up as a policy file: its text, what could not be carried over, and what in it must be mended first."""

    text: str
    policies: int
    left: tuple[Message, ...]
    problems: tuple[Problem, ...]


def stored_policies(account: Account) -> list[SlaPolicy]:
    """Return the account's SLA policies as they were pulled last."""
    listed = account.store.records.account(account.name, Stream.SLA_POLICIES)
    return [each for each in listed if isinstance(each, SlaPolicy)]


def asked_policies(account: Account) -> list[SlaPolicy]:
    """Return the account's SLA policies as the helpdesk tells them now; raises ConnectorError, or Unavailable."""
    pages = account.connector.pull(Stream.SLA_POLICIES, None)
    return [each for page in pages for each in page.records if isinstance(each, SlaPolicy)]


def carried(account: Account, policies: list[SlaPolicy]) -> Carried:
    """Return the set-up that these policies are, beside what tickets showed of it."""
    return account.connector.carry_over(policies, account.store.records.targets_seen(account.name))


def written(account: Account, found: Carried, file: str) -> Written:
    """Return a set-up as the text of a policy file, checked as that file will be."""
    language = account.language
    heads = [
        message("The SLA set-up of {account}, as it was carried over.", account=account.name),
        *([message("Not carried over:")] if found.left else []),
    ]
    remarks = [*map(language, heads), *(f"- {language(each)}" for each in found.left)]
    text = policy_text(found.document, remarks)
    _, problems = checked_policies(text, file)
    count = len(listed(found.document, "policies"))
    return Written(text, count, tuple(found.left), tuple(problems))


def platform_policies(account: Account) -> Mapping[str, object] | None:
    """Return the policies that the set-up is, to be in force as it is; None where it is only a draft, or is wrong."""
    found = carried(account, stored_policies(account))
    if not found.whole:
        return None
    document, _ = checked_policies(policy_text(found.document, ()), account.name)
    return None if document is None else document.model_dump(mode="json", exclude_none=True)
