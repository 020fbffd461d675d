"""`helpdesk-kpi check`: one line per check, with the way to mend what is wrong."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import click

from config import policy_problems
from connectors.base import Check, FieldSetup, Stream, Verdict
from connectors.errors import AddressError, ConnectorError, SignInError
from kpi_engine.message import Message, message
from kpi_engine.records import Agent, Group, Record
from sync.account import Account
from sync.agreement_checks import agreement_checks
from sync.cli.frame import Call, framed
from sync.counting import AGENTS, ROWS, VALUES
from sync.editions import unexplained
from sync.effect_checks import effect_checks
from sync.exits import Exit, exit_for, gravest
from sync.findings import sentence
from sync.inputs.scheduled import LISTED, NOWHERE_MEND, nowhere
from sync.locale import terminal_text
from sync.naming import mistaken
from sync.organization import unknown_team_leads
from sync.people import people
from sync.people_files import configured_files
from sync.privacy import ALL, OFF, on_profiles
from sync.recipients import unknown_recipients
from sync.refetch import unfetched
from sync.setup import extras, use_remembered_fields, wanted_fields
from sync.store.findings import What
from sync.store.observations import INPUTS
from sync.unmet import unmet
from sync.wording import PROFILE_WARNING

_MARKS = {
    Verdict.OK: message("ok"),
    Verdict.WARNING: message("warning"),
    Verdict.FAILURE: message("failure"),
}


@click.command(
    "check",
    help=terminal_text(message("Check settings, sign-in, rights, quota, clocks, fields, calendars and store.")),
)
@click.argument("names", nargs=-1)
@framed
def command(call: Call, names: tuple[str, ...]) -> Exit:
    """Look at everything a pass needs; changes nothing on the helpdesk."""
    documents: list[dict[str, object]] = []
    exits: list[Exit] = []
    with call.accounts(names) as accounts:
        for account in accounts:
            checks, code = _looked_at(account)
            exits.append(code)
            _say_all(call, account, [each for each in checks if each.verdict is not Verdict.OK or not call.quiet])
            documents.append({"connector": account.name, "checks": [_document(check) for check in checks]})
    call.answer({"accounts": documents})
    return gravest(exits)


def _looked_at(account: Account) -> tuple[list[Check], Exit]:
    """Return all findings and the exit code they lead to; an error ends the list as a failure of its own."""
    found: list[Check] = []
    code = Exit.OK
    try:
        found.append(Check(message("settings"), Verdict.OK, message("valid")))
        found += _policy_checks(account)
        found += _store_checks(account)
        account.connector.begin()
        use_remembered_fields(account)
        found += account.connector.checks()
        found += _field_checks(account)
        found += _finding_checks(account)
        found += _meaning_checks(account)
        found += _exemption_checks(account)
        found += _people_checks(account)
        found += _recipient_checks(account)
        found += effect_checks(account)
        found += agreement_checks(account)
        found += _summary_checks(account)
        found += _addressee_checks(account)
    except ConnectorError as error:
        found.append(Check(message("helpdesk"), Verdict.FAILURE, error.message, _mend(error)))
        code = exit_for(error)
    if code is Exit.OK and any(check.verdict is Verdict.FAILURE for check in found):
        code = Exit.SIGN_IN
    if code is Exit.SIGN_IN and policy_problems(account.settings):
        code = Exit.SETTINGS
    return found, code


def _policy_checks(account: Account) -> Iterator[Check]:
    """Tell each thing that keeps today's policies from being in force."""
    for problem in policy_problems(account.settings):
        told = message("{problem}", problem=problem.text(account.language))
        mend = message("until it is mended, the policies kept last stay in force")
        yield Check(message("policies"), Verdict.FAILURE, told, mend)


def _mend(error: ConnectorError) -> Message | None:
    if isinstance(error, AddressError):
        return message("correct base_url in the configuration")
    if isinstance(error, SignInError):
        return message("correct the credentials, or give their owner the rights named")
    return message("try again later")


def _finding_checks(account: Account) -> Iterator[Check]:
    """Tell what passes found edited by hand, or written and not kept."""
    counts = account.store.findings.counts(account.name)
    edited = counts.get(What.EDITED, 0) + counts.get(What.EDITED_AGAIN, 0)
    if edited:
        told = message("set by hand by somebody else: {values}", values=VALUES.of(edited))
        mend = message(
            "see `helpdesk-kpi status`; ask those who edit KPI fields, or make the fields read-only for them"
        )
        yield Check(message("fields edited by hand"), Verdict.WARNING, told, mend)
    for finding in account.store.findings.open_of(account.name, (What.IGNORED, What.UNKEPT)):
        yield Check(message("writes taken only in part"), Verdict.WARNING, sentence(finding))


def _store_checks(account: Account) -> Iterator[Check]:
    findings = account.store.check(account.now())
    if not findings:
        yield Check(message("store"), Verdict.OK, message("sound"))
    for finding in findings:
        yield Check(message("store"), Verdict.WARNING, finding)


def _field_checks(account: Account) -> Iterator[Check]:
    known = account.store.remote_fields.all(account.name)
    for setup in account.connector.fields(wanted_fields(account)):
        yield _field_check(setup, was_there=(setup.wanted.target, setup.wanted.key) in known)
    for extra in extras(account):
        if extra.problem is not None:
            yield Check(extra.title, Verdict.WARNING, extra.problem)
        elif not extra.there:
            yield Check(extra.title, Verdict.WARNING, message("not there yet"), message("run `helpdesk-kpi setup`"))
        else:
            yield Check(extra.title, Verdict.OK, message("there"))
    if account.own.push.agent_fields:
        yield _profile_check(account)


def _field_check(setup: FieldSetup, *, was_there: bool) -> Check:
    subject = message("field {title}", title=setup.wanted.title)
    mend = message("run `helpdesk-kpi setup`")
    if setup.problem is not None:
        return Check(subject, Verdict.WARNING, setup.problem)
    if setup.remote_id is None and was_there:
        return Check(subject, Verdict.WARNING, message("deleted by somebody since we used it"), mend)
    if setup.remote_id is None:
        return Check(subject, Verdict.WARNING, message("not there yet"), mend)
    if setup.remote_title is not None:
        return Check(subject, Verdict.OK, message("there, renamed to “{title}”", title=setup.remote_title))
    return Check(subject, Verdict.OK, message("there"))


def _profile_check(account: Account) -> Check:
    listed = [record for record in _listed(account, Stream.AGENTS) if isinstance(record, Agent)]
    readers = sum(agent.active for agent in listed)
    if not on_profiles(account.settings):
        told = message("{warning}, which {setting} does not allow: none is written", **_profile_words(account))
        mend = message("set privacy.individual: all, if that is agreed, or leave push.agent_fields empty")
        return Check(message("agent fields"), Verdict.WARNING, told, mend)
    told = message("{warning}; there are {n} of them", warning=PROFILE_WARNING, n=readers)
    mend = message("leave push.agent_fields empty unless that is agreed")
    return Check(message("agent fields"), Verdict.WARNING, told, mend)


def _profile_words(account: Account) -> dict[str, object]:
    setting = f"privacy.individual: {account.settings.privacy.individual}"
    return {"warning": PROFILE_WARNING, "setting": setting}


def _meaning_checks(account: Account) -> Iterator[Check]:
    """Tell which meanings rest on fields that tickets were pulled without, and what fetching those costs."""
    lacking = unfetched(account)
    if lacking is not None:
        yield Check(message("meanings"), Verdict.WARNING, lacking.finding, lacking.mend)
    for problem in unexplained(account):
        yield Check(message("meanings"), Verdict.WARNING, problem, message("correct statuses in the configuration"))
    for mistake in mistaken(account):
        yield Check(message("meanings"), Verdict.WARNING, mistake.finding, mistake.mend)
    for mistake in () if policy_problems(account.settings) else unmet(account):
        yield Check(message("policies"), Verdict.WARNING, mistake.finding, mistake.mend)


def _exemption_checks(account: Account) -> Iterator[Check]:
    """Tell that tags and fields exempt nothing where nobody tells whose hand set them."""
    if account.name in account.settings.exemptions and not account.connector.tells_history:
        told = message("this helpdesk does not tell who set a tag or a field, so neither exempts anything here")
        mend = message("exempt by `helpdesk-kpi override add`, or by a file of the kind overrides")
        yield Check(message("exemptions"), Verdict.WARNING, told, mend)


def _people_checks(account: Account) -> Iterator[Check]:
    """Tell which accounts may belong to one person, and are not joined because that is not clear."""
    for doubt in people(account.store, account.settings).doubts:
        if doubt.account == account.name:
            yield Check(message("one person, several accounts"), Verdict.WARNING, doubt.finding, doubt.mend)
    if account.name == account.settings.connectors[0].name:  # once, for files are about people on all of them
        yield from _file_checks(account)
        yield from _row_checks(account)
    for unknown in unknown_team_leads(account):
        yield Check(message("teams"), Verdict.WARNING, unknown, message("correct teams in the configuration"))


def _recipient_checks(account: Account) -> Iterator[Check]:
    """Tell which roles that escalations are for nobody holds: the next level up stands in."""
    for told in unknown_recipients(account):
        yield Check(
            message("escalations"), Verdict.WARNING, told, message("say who leads them under teams, or in org.csv")
        )


def _file_checks(account: Account) -> Iterator[Check]:
    """Tell what is wrong with the files about people, and what is set aside of them."""
    for configured in configured_files(account.settings):
        found = configured.read(account.store, account.settings)
        subject = message("file {file}", file=found.name)
        for problem in found.problems:
            mend = message("correct the file: until then none of it is taken, and what was known stays in force")
            yield Check(subject, Verdict.WARNING, problem, mend)
        for each in found.aside:
            yield Check(subject, Verdict.WARNING, each)
        if not found.problems:
            yield Check(subject, Verdict.OK, ROWS.of(len(found.rows)))


def _row_checks(account: Account) -> Iterator[Check]:
    """Tell which rows of files count on none of several helpdesks."""
    if len(account.settings.connectors) > 1:
        for file, (n, lines) in account.store.observations.nowhere(INPUTS, LISTED).items():
            yield Check(message("file {file}", file=file), Verdict.WARNING, nowhere(file, lines, n), NOWHERE_MEND)


def _summary_checks(account: Account) -> Iterator[Check]:
    """Tell who could read the individual summaries."""
    for wanted in account.own.push.summaries:
        if wanted.scope != "agent":
            continue
        subject = message("readers of agents' summaries")
        readers = account.connector.readers(wanted.group, None)
        privacy = account.settings.privacy
        allowed = privacy.visible_to_all_agents or privacy.individual == ALL
        if privacy.individual == OFF:
            told = message("none is written: privacy.individual is off")
            yield Check(subject, Verdict.WARNING, told, message("leave agents out of push.summaries"))
        elif not readers:
            yield Check(subject, Verdict.OK, message("only the agent himself and administrators"))
        elif allowed:
            told = message(
                "all of them, as the configuration allows, can be read by {agents}", agents=AGENTS.of(len(readers))
            )
            yield Check(subject, Verdict.WARNING, told)
        else:
            told = message("none is written: all of them could be read by {agents}", agents=AGENTS.of(len(readers)))
            mend = message("restrict the agents or the group, or set privacy.visible_to_all_agents: true")
            yield Check(subject, Verdict.WARNING, told, mend)


def _addressee_checks(account: Account) -> Iterator[Check]:
    """Tell of groups and assignees of summaries that the helpdesk does not know."""
    summaries = account.own.push.summaries
    if not summaries:
        return
    groups = {record.name for record in _listed(account, Stream.GROUPS) if isinstance(record, Group)}
    addresses = {record.email for record in _listed(account, Stream.AGENTS) if isinstance(record, Agent)}
    for wanted in summaries:
        if wanted.group is not None and wanted.group not in groups:
            told = message("there is no group {group}", group=wanted.group)
            mend = message("there are: {groups}", groups=", ".join(sorted(groups)))
            yield Check(message("group of summaries"), Verdict.WARNING, told, mend)
        if wanted.assignee is not None and wanted.assignee not in addresses:
            told = message("no agent has the address {email}", email=wanted.assignee)
            mend = message("correct push.summaries in the configuration")
            yield Check(message("assignee of summaries"), Verdict.WARNING, told, mend)


def _listed(account: Account, stream: Stream) -> Iterator[Record]:
    for page in account.connector.pull(stream, None):
        yield from page.records


def _say_all(call: Call, account: Account, checks: Sequence[Check]) -> None:
    """Print checks, one line for those next to each other of which the same was found."""
    for _, alike in groupby(checks, key=lambda each: (each.verdict, str(each.finding), str(each.mend))):
        first, *others = alike
        subjects = dict.fromkeys(call.language(each.subject) for each in (first, *others))
        _say(call, account, first, "; ".join(subjects))


def _say(call: Call, account: Account, check: Check, subject: str) -> None:
    line = message(
        "{mark}  {name}  {subject}: {finding}",
        mark=_MARKS[check.verdict],
        name=account.name,
        subject=subject,
        finding=check.finding,
    )
    call.say(line)
    if check.mend is not None and check.verdict is not Verdict.OK:
        call.say(message("         → {mend}", mend=check.mend))


def _document(check: Check) -> dict[str, object]:
    return {
        "subject": str(check.subject),
        "verdict": check.verdict,
        "finding": str(check.finding),
        "mend": str(check.mend) if check.mend is not None else None,
    }
