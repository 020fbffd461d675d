"""What escalations may do on tickets here: what is asked for and allowed, what is not, and what could not be done."""

from collections.abc import Iterator

from config import policy_problems
from config.documents import configured_policies, plain_policies
from connectors.account import EFFECTS, Effect
from connectors.base import Check, Stream, Verdict
from kpi_engine.escalating import EscalationStep
from kpi_engine.message import Message, message
from kpi_engine.recipients import LADDER, OWNER, ROLES
from kpi_engine.records import Group
from kpi_engine.rules import Policies, parse_policies
from sync.account import Account
from sync.counting import STEPS
from sync.effect_text import EFFECT_NAMES
from sync.effects import effects_of

_SUBJECT = message("escalations")


def effect_checks(account: Account) -> Iterator[Check]:
    """Yield what each effect that steps ask for comes to on this account, and groups that it has not."""
    rules = _rules(account)
    if rules is None:
        return
    steps = list(_steps(rules))
    for effect in EFFECTS:
        n = sum(effect in effects_of(step) for step in steps)
        if n:
            yield _effect_check(account, effect, n)
    yield from _group_checks(account, rules, steps)
    yield from _owner_checks(rules, steps)


def effect_sentences(account: Account) -> Iterator[Message]:
    """Yield what steps would do on tickets, for whoever sets the account up."""
    for check in effect_checks(account):
        if check.verdict is Verdict.OK:
            yield check.finding


def _rules(account: Account) -> Policies | None:
    if policy_problems(account.settings):
        return None
    return parse_policies(plain_policies(configured_policies(account.settings)))


def _steps(rules: Policies) -> Iterator[EscalationStep]:
    for policy in rules.policies:
        for clock in policy.clocks:
            yield from clock.escalation.steps


def _effect_check(account: Account, effect: Effect, n: int) -> Check:
    named = {"steps": STEPS.of(n), "effect": EFFECT_NAMES[effect]}
    if effect not in account.connector.effects:
        told = message("for {effect}: {steps} that nothing comes of, for this helpdesk does not have it", **named)
        mend = message("leave {key} out of the steps for it, or ask for a note instead", key=effect)
        return Check(_SUBJECT, Verdict.FAILURE, told, mend)
    if effect not in account.own.push.escalations.allow:
        told = message("for {effect}: {steps} that nothing comes of, for it is not allowed here", **named)
        mend = message("put {key} into push.escalations.allow, if that is agreed", key=effect)
        return Check(_SUBJECT, Verdict.WARNING, told, mend)
    return Check(_SUBJECT, Verdict.OK, message("for {effect} on tickets: {steps}", **named))


def _group_checks(account: Account, rules: Policies, steps: list[EscalationStep]) -> Iterator[Check]:
    if "assign" not in account.own.push.escalations.allow:
        return
    listed = [each for page in account.connector.pull(Stream.GROUPS, None) for each in page.records]
    groups = [each for each in listed if isinstance(each, Group)]
    known = {each.group_id for each in groups} | {each.name.casefold() for each in groups}
    wanted = dict.fromkeys(step.effects.group for step in steps if step.effects.group is not None)
    named = [each for each in wanted if each not in ROLES]
    named += [each for each in _owners(rules) if each not in ROLES and OWNER in wanted]
    for name in named:
        if name not in known and name.casefold() not in known:
            told = message("there is no group {group}", group=name)
            mend = message("there are: {groups}", groups=", ".join(sorted(each.name for each in groups)))
            yield Check(_SUBJECT, Verdict.FAILURE, told, mend)


def _owner_checks(rules: Policies, steps: list[EscalationStep]) -> Iterator[Check]:
    """Yield the severities for which nobody answers, though steps are for whoever does."""
    if not any(OWNER in (*step.notify, step.effects.group) for step in steps):
        return
    scale = rules.severity.scale if rules.severity is not None else ()
    owned = {} if rules.severity is None else rules.severity.tiers
    lacking = [word for word in scale if word not in owned or owned[word].owner is None]
    if lacking or not scale:
        told = message(
            "steps are for the owner of a ticket's severity, and these have none: {severities}",
            severities=", ".join(lacking) or "–",
        )
        yield Check(_SUBJECT, Verdict.WARNING, told, message("say under severity.tiers whose each severity is"))


def _owners(rules: Policies) -> list[str]:
    tiers = () if rules.severity is None else rules.severity.tiers.values()
    return [each.owner for each in tiers if each.owner is not None and each.owner not in LADDER]
