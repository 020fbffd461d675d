"""What `check` looks at in a Freshdesk account: sign-in, rights, quota, clock, and what the plan offers."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from connectors import checking
from connectors.base import STREAM_NAMES, Check, Stream, Verdict
from connectors.errors import AddressError, ConnectorError, RefusedError, SignInError
from connectors.freshdesk import activities
from connectors.freshdesk.limits import LIMITS
from connectors.freshdesk.payloads import Agent, Survey
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.http import Answer, Session
from connectors.rows import listed, understood
from kpi_engine.message import Message, message

ME = "/api/v2/agents/me"
LISTED = timedelta(days=120)
"""How long a closed ticket that nobody touches stays on the lists; after that it is archived."""

_NOT_FOUND = 404
_NEEDED = (
    (message("agents"), "/api/v2/agents"),
    (message("business hours"), "/api/v2/business_hours"),
    (message("ticket fields"), "/api/v2/admin/ticket_fields"),
)
_OPTIONAL = (
    (message("satisfaction ratings"), "/api/v2/surveys/satisfaction_ratings"),
    (message("the helpdesk's own SLA policies"), "/api/v2/sla_policies"),
)


def who_am_i(session: Session, base_url: str) -> tuple[Agent, Answer]:
    """Return our own agent with the whole answer; raises AddressError where no account answers at `base_url`."""
    try:
        answer = session.get(ME)
    except RefusedError as refusal:
        if refusal.status != _NOT_FOUND:
            raise
        raise AddressError(message("There is no Freshdesk account at {base_url}", base_url=base_url)) from refusal
    return understood(Agent, answer.mapping()), answer


def checks(session: Session, settings: FreshdeskSettings) -> Iterator[Check]:
    """Look at the account; raises the errors of connectors.errors where not even our own agent can be asked for."""
    user, answer = who_am_i(session, settings.base_url)
    yield Check(message("sign-in"), Verdict.OK, message("signed in as {name}", name=user.contact.name))
    yield _quota(answer.headers, settings)
    yield checking.clock(session.skew)
    yield from (_needed(session, subject, path) for subject, path in _NEEDED)
    yield from (checking.offered(session, subject, path) for subject, path in _OPTIONAL)
    yield from _asked(session, settings.csat.question)
    yield from _archived(settings.history_from, answer.server_time)
    yield _exported(session, answer.server_time)


def _quota(headers: Mapping[str, str], settings: FreshdeskSettings) -> Check:
    subject, told = message("quota"), headers.get("X-Ratelimit-Total", "").partition(".")[0]
    if not told.isdecimal():
        return Check(subject, Verdict.WARNING, message("Freshdesk does not say how many requests it allows"))
    share = round(settings.rate_limit_share * 100)
    finding = message("{limit} requests a minute; our share is {share} %", limit=told, share=share)
    expected = LIMITS[settings.plan].total
    if int(told) == expected:
        return Check(subject, Verdict.OK, finding)
    mend = message("Set `plan` to the account's own: {plan} allows {expected}", plan=settings.plan, expected=expected)
    return Check(subject, Verdict.WARNING, finding, mend)


def _needed(session: Session, subject: Message, path: str) -> Check:
    try:
        session.get(path)
    except SignInError as error:
        mend = message("Use the API key of an account administrator")
        return Check(subject, Verdict.FAILURE, error.message, mend)
    except ConnectorError as error:
        return Check(subject, Verdict.WARNING, error.message)
    return Check(subject, Verdict.OK, message("allowed"))


def _asked(session: Session, chosen: str) -> Iterator[Check]:
    """Tell which question is the rating where the surveys ask several, or do not ask the one that is configured."""
    try:
        surveys = [understood(Survey, row) for row in listed(session.get("/api/v2/surveys", {"state": "active"}))]
    except ConnectorError:
        return  # a plan without surveys is told already, and what they ask decides about nothing
    asked = {question.id: question.label for survey in surveys for question in survey.questions}
    if not asked or (list(asked) == [chosen]):
        return
    every = "; ".join(f"{key}: {label}" for key, label in asked.items())
    finding = message("{chosen} is the rating; the surveys ask {every}", chosen=chosen, every=every)
    if chosen in asked:
        yield Check(message("the survey's questions"), Verdict.OK, finding)
    else:
        mend = message("Set `csat.question` to the one whose answer is the customer's satisfaction")
        yield Check(message("the survey's questions"), Verdict.WARNING, finding, mend)


def _archived(history_from: date, now: int | None) -> Iterator[Check]:
    """Tell what the first pull cannot bring of a history that begins longer ago than tickets stay on the lists."""
    if now is not None and history_from < datetime.fromtimestamp(now, UTC).date() - LISTED:
        told = message(
            "what was closed and left alone for {days} days before the first pull is on no list: figures of months "
            "before that lack it",
            days=LISTED.days,
        )
        yield Check(message("archived tickets"), Verdict.OK, told)


def _exported(session: Session, now: int | None) -> Check:
    """Tell whether activities are exported: without them, who did what and when is partly guessed."""
    subject = STREAM_NAMES[Stream.ACTIVITIES]
    try:
        if now is not None and activities.exists(session, now):
            return Check(subject, Verdict.OK, message("available"))
    except ConnectorError as error:
        return Check(subject, Verdict.WARNING, error.message)
    mend = message(
        "Have an account administrator switch the daily export of ticket activities on: without it, changes between "
        "two passes are known only approximately"
    )
    return Check(subject, Verdict.WARNING, message("not part of this account's plan, or switched off"), mend)
