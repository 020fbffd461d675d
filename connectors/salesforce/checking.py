"""What `check` looks at in an org: sign-in, version, rights, quota, clock, what is tracked, and what is there."""

from collections.abc import Iterator

from connectors import checking
from connectors.base import STREAM_NAMES, Check, Stream, Verdict
from connectors.errors import AddressError, RefusedError, SignInError
from connectors.salesforce.org import Org, versions
from connectors.salesforce.payloads import Holiday, asked
from connectors.salesforce.reading import every_case
from connectors.salesforce.soql import Query, is_
from kpi_engine.message import Message, message

_RESERVE = 0.2
_NOT_FOUND = 404

_TRACKED = {
    "Status": message(
        "only a case's last closing is known to the second; its other statuses are seen from one pass to the next, and "
        "what rests on them is approximate"
    ),
    "Owner": message(
        "who had a case is seen from one pass to the next only; before the first pass, its owner of then had it always"
    ),
    "Priority": message(
        "a changed priority is seen from one pass to the next only; before the first pass, a case always had its last"
    ),
    "Record Type": message("a changed record type is seen from one pass to the next only"),
    "Business Hours": message("changed business hours are seen from one pass to the next only"),
}
_MAPPED = message("its changes are seen from one pass to the next only")
_OBJECTS = {
    "EmailMessage": message("mails of cases"),
    "CaseComment": message("comments on cases"),
    "BusinessHours": message("business hours"),
}


def checks(org: Org) -> Iterator[Check]:
    """Look at the org, and at the fields of cases to which the configuration gives a meaning.

    Raises the errors of connectors.errors where not even its versions can be asked for.
    """
    yield _version(org)
    limits = org.session.get(f"{org.root}/limits").mapping()
    yield Check(message("sign-in"), Verdict.OK, message("signed in as {name}", name=_own_name(org)))
    yield _quota(limits.get("DailyApiRequests"), org.settings.rate_limit_share)
    yield checking.clock(org.session.skew)
    if org.described("Case") is None:
        mend = message("Give the integration user the right to read cases")
        yield Check(message("cases"), Verdict.FAILURE, message("there are none, or we may not see them"), mend)
        return
    yield _all_cases(org)
    yield from _profiles(org)
    yield from (_tracked(org, field, cost) for field, cost in _TRACKED.items())
    yield from (_tracked(org, field, _MAPPED) for field in sorted(org.account.mapped & org.fields("Case").keys()))
    yield from (_offered(org, name, subject) for name, subject in _OBJECTS.items())
    yield from (_offered(org, name, subject) for name, subject in _opted(org))
    yield from _csat(org)
    yield from _holidays(org)


def _opted(org: Org) -> Iterator[tuple[str, Message]]:
    """Yield the objects that the configuration asks for beside cases."""
    if org.settings.calls is not None:
        yield "VoiceCall" if org.settings.calls == "voice_call" else "Task", STREAM_NAMES[Stream.CALLS]
    if org.settings.agent_work:
        yield "AgentWork", STREAM_NAMES[Stream.WORK_ITEMS]


def _version(org: Org) -> Check:
    """Tell whether the org speaks our version; whoever answers with none is no Salesforce org."""
    try:
        spoken = versions(org.session)
    except RefusedError as refusal:
        if refusal.status != _NOT_FOUND:
            raise
        spoken = []
    if not spoken:
        told = message("There is no Salesforce org at {base_url}", base_url=org.settings.base_url)
        raise AddressError(told)
    subject, wanted = message("API version"), org.settings.api_version
    if wanted in spoken:
        return Check(subject, Verdict.OK, message("{version} is spoken", version=wanted))
    finding = message("the org does not speak {version}; it speaks up to {newest}", version=wanted, newest=spoken[-1])
    return Check(subject, Verdict.FAILURE, finding, message("Set api_version to a version the org speaks"))


def _own_name(org: Org) -> str:
    rows = org.rows(Query("User", ("Name",), (is_("Id", org.own_id()),)))
    return next((str(row.get("Name")) for row in rows), org.own_id())


def _quota(told: object, share: float) -> Check:
    subject = message("quota")
    limit, remaining = (told.get("Max"), told.get("Remaining")) if isinstance(told, dict) else (None, None)
    if not isinstance(limit, int) or not isinstance(remaining, int):
        return Check(subject, Verdict.WARNING, message("Salesforce does not say how many requests it allows"))
    finding = message(
        "{limit} requests in 24 hours, {remaining} left; our share is {share} %",
        limit=limit,
        remaining=remaining,
        share=round(share * 100),
    )
    if remaining < limit * max(1 - share, _RESERVE):
        mend = message("Lower rate_limit_share, run fewer passes, or find out who else uses up the quota")
        return Check(subject, Verdict.WARNING, finding, mend)
    return Check(subject, Verdict.OK, finding)


def _all_cases(org: Org) -> Check:
    subject = message("all cases")
    finding = message("we see only the cases that are shared with us: figures may lack others")
    mend = message("Give the integration user View All on cases")
    lacking = Check(subject, Verdict.WARNING, finding, mend)
    return _granted(org, every_case(org), Check(subject, Verdict.OK, message("we see every case")), lacking)


def _profiles(org: Org) -> Iterator[Check]:
    """Tell whether we may write figures on users, where that is wanted."""
    if not org.settings.push.agent_fields:
        return
    subject = message("figures on users")
    ours = (is_("AssigneeId", org.own_id()), is_("PermissionSet.PermissionsManageUsers", value=True))
    right = Query("PermissionSetAssignment", ("Id",), ours, most=1)
    finding = message("only who manages users may write their fields: Salesforce would refuse every one")
    mend = message("Give the integration user Manage Users, or leave agent_fields out")
    lacking = Check(subject, Verdict.WARNING, finding, mend)
    yield _granted(org, right, Check(subject, Verdict.OK, message("we may write them")), lacking)


def _granted(org: Org, right: Query, there: Check, lacking: Check) -> Check:
    """Return how it stands with a right that a query finds; where we may not ask, that is the finding."""
    try:
        return there if list(org.rows(right)) else lacking
    except (RefusedError, SignInError) as error:
        return Check(there.subject, Verdict.WARNING, error.message)


def _tracked(org: Org, field: str, cost: Message) -> Check:
    subject = message("history of {field}", field=field)
    bare = field.replace(" ", "")
    names = {bare, f"{bare}Id"}
    if names & org.tracked():
        return Check(subject, Verdict.OK, message("tracked"))
    mend = message("Turn on field history tracking of {field} in Setup under Case", field=field)
    return Check(subject, Verdict.WARNING, message("not tracked: {cost}", cost=cost), mend)


def _offered(org: Org, name: str, subject: Message) -> Check:
    if org.described(name) is None:
        finding = message("the org has no {name}, or hides it from us", name=name)
        return Check(subject, Verdict.WARNING, finding)
    return Check(subject, Verdict.OK, message("available"))


def _csat(org: Org) -> Iterator[Check]:
    csat = org.settings.csat
    subject = message("satisfaction ratings")
    if csat is None:
        finding = message("no field is configured: there are no ratings")
        yield Check(subject, Verdict.WARNING, finding, message("Say in csat where they stand"))
        return
    if csat.field is None:
        yield _offered(org, "SurveyQuestionResponse", subject)
        return
    if csat.field not in org.fields("Case"):
        finding = message("the case has no field {field}, or hides it from us", field=csat.field)
        yield Check(subject, Verdict.FAILURE, finding, message("Mend csat, or let us see the field"))
    elif csat.field not in org.tracked():
        finding = message("{field} is not tracked: a rating is dated by when it was first seen", field=csat.field)
        mend = message("Turn on field history tracking of {field} in Setup under Case", field=csat.field)
        yield Check(subject, Verdict.WARNING, finding, mend)
    else:
        yield Check(subject, Verdict.OK, message("available"))


def _holidays(org: Org) -> Iterator[Check]:
    """Tell which of the org's holidays count: Salesforce does not say which business hours they belong to."""
    if org.described("Holiday") is None:
        return
    subject = message("holidays")
    there = {holiday.name: holiday for holiday in org.all(Holiday, "Holiday", _all_holidays(org))}
    strange = [name for name in org.settings.holidays if name not in there]
    parts = [name for name in org.settings.holidays if name in there and not there[name].is_all_day]
    if strange:
        finding = message("the org has no holiday {names}", names=", ".join(strange))
        yield Check(subject, Verdict.FAILURE, finding, message("Mend holidays; it has {names}", names=", ".join(there)))
    elif parts:
        finding = message("{names} last only part of a day and are left out", names=", ".join(parts))
        yield Check(subject, Verdict.WARNING, finding)
    elif there and not org.settings.holidays:
        mend = message("Name under holidays those on which nobody works: {names}", names=", ".join(there))
        yield Check(subject, Verdict.WARNING, message("none is chosen: every day counts as worked"), mend)
    else:
        yield Check(subject, Verdict.OK, message("{n} chosen", n=len(org.settings.holidays)))


def _all_holidays(org: Org) -> Query:
    return Query("Holiday", asked(Holiday, org.has("Holiday")))
