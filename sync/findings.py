"""Findings: fields that were retyped, deactivated or deleted, values edited by hand, and writes taken only in part."""

from collections.abc import Iterable, Iterator

from connectors.base import FieldSetup, Target
from kpi_engine.message import Message, message
from sync.account import Account
from sync.planning import TicketPlan
from sync.store.findings import Finding, What

OF_FIELDS = (What.UNFIT, What.DELETED)


def note_fields(account: Account, setups: Iterable[FieldSetup]) -> None:
    """Keep which fields cannot serve any more, and which are well again."""
    now, findings = account.now(), account.store.findings
    for setup in setups:
        wanted = setup.wanted
        what = None if setup.problem is None else What.UNFIT if setup.remote_id is not None else What.DELETED
        findings.over(account.name, wanted.target, wanted.key, [each for each in OF_FIELDS if each is not what], now)
        if what is not None:
            found = Finding(what=what, target=wanted.target, field=wanted.key, told=setup.problem)
            findings.note(account.name, [found], now)


def field_problems(account: Account) -> dict[tuple[Target, str], Message]:
    """Return why fields cannot serve, as last seen, by target and key."""
    return {
        (each.target, each.field): each.told
        for each in account.store.findings.open_of(account.name, OF_FIELDS)
        if each.told is not None
    }


def noted(account: Account, plans: Iterable[TicketPlan]) -> Iterator[TicketPlan]:
    """Pass plans on, keeping what they found edited by hand, and what shows again what it should."""
    for plan in plans:
        if plan.edits or plan.is_well_again:
            account.store.findings.edits_over(account.name, [plan.ticket_id], account.now())
            account.store.findings.note(account.name, plan.edits, account.now())
        yield plan


def note_warning(account: Account, target: Target, warning: Message) -> None:
    """Keep what the helpdesk took only in part."""
    found = Finding(what=What.IGNORED, target=target, field=str(warning), told=warning)
    account.store.findings.note(account.name, [found], account.now())


def sentence(finding: Finding) -> Message:
    """Return a finding in words."""
    if finding.told is not None:
        return finding.told
    if finding.what is What.EDITED:
        return message("somebody set {field} of ticket {id} to “{found}”; it is written again", **_edit(finding))
    return message("somebody set {field} of ticket {id} to “{found}” once more; it is left so", **_edit(finding))


def _edit(finding: Finding) -> dict[str, object]:
    found = "" if finding.found is None else finding.found
    return {"field": finding.field, "id": finding.target_id, "found": found}
