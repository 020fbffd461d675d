"""What `check` looks at in a Zendesk account: sign-in, rights, quota, clock, and what the plan offers."""

from collections.abc import Collection, Iterator, Mapping

from connectors import checking
from connectors.base import Check, Verdict
from connectors.errors import AddressError, RefusedError, SignInError
from connectors.http import Answer, Session
from connectors.rows import understood
from connectors.zendesk import rules
from connectors.zendesk.payloads import User
from connectors.zendesk.settings import ApiToken, ZendeskSettings
from kpi_engine.message import message

ME = "/api/v2/users/me.json"
_NOT_FOUND = 404
_EXPORT_START = 3600  # seconds ago
_LIMITS = ("x-rate-limit", "rate-limit", "ratelimit-limit")
_REMAINING = ("x-rate-limit-remaining", "rate-limit-remaining", "ratelimit-remaining")
_OPTIONAL = (
    (message("business hours"), "/api/v2/business_hours/schedules.json"),
    (message("satisfaction ratings"), "/api/v2/satisfaction_ratings.json"),
)


def who_am_i(session: Session, base_url: str) -> tuple[User, Answer]:
    """Return our own user with the whole answer; raises AddressError where no Zendesk account answers at `base_url`.

    Every account answers here, also to strangers; an unknown subdomain answers every path with an HTML 404.
    """
    try:
        answer = session.get(ME)
    except RefusedError as refusal:
        if refusal.status != _NOT_FOUND:
            raise
        raise AddressError(message("There is no Zendesk account at {base_url}", base_url=base_url)) from refusal
    return understood(User, answer.mapping().get("user")), answer


def checks(session: Session, settings: ZendeskSettings, ours: Collection[str] = ()) -> Iterator[Check]:
    """Look at the account; `ours` are the ids of our ticket fields.

    Raises the errors of connectors.errors where not even our own user can be asked for.
    """
    user, answer = who_am_i(session, settings.base_url)
    yield _signed_in(user)
    yield _credentials(settings)
    yield _quota(answer.headers, settings.rate_limit_share)
    yield checking.clock(session.skew)
    if user.id is not None:
        yield _exports(session)
        yield from (checking.offered(session, feature, path) for feature, path in _OPTIONAL)
        if settings.push.ticket_fields:
            yield from rules.checks(session, ours)


def _signed_in(user: User) -> Check:
    subject = message("sign-in")
    if user.id is None:
        finding = message("Zendesk takes us for an anonymous visitor")
        return Check(subject, Verdict.FAILURE, finding, message("Create new credentials for an admin"))
    if user.role != "admin":
        finding = message("{name} is no admin, but {role}: exports, fields and imports need one", **_named(user))
        return Check(subject, Verdict.FAILURE, finding, message("Make {name} an admin", name=user.name))
    return Check(subject, Verdict.OK, message("signed in as {name} ({role})", **_named(user)))


def _named(user: User) -> dict[str, str]:
    return {"name": user.name, "role": user.role}


def _credentials(settings: ZendeskSettings) -> Check:
    subject = message("credentials")
    if not isinstance(settings.auth, ApiToken):
        return Check(subject, Verdict.OK, message("an OAuth token"))
    return Check(
        subject,
        Verdict.WARNING,
        message("an API token: Zendesk deactivates all of them on {date}", date="2027-04-30"),
        message("Create an OAuth client and use the method {method}", method="oauth_client_credentials"),
    )


def _quota(headers: Mapping[str, str], share: float) -> Check:
    subject = message("quota")
    limit, remaining = _first(headers, _LIMITS), _first(headers, _REMAINING)
    if limit is None:
        return Check(subject, Verdict.WARNING, message("Zendesk does not say how many requests it allows"))
    finding = message(
        "{limit} requests a minute, {remaining} left; our share is {share} %",
        limit=limit,
        remaining=remaining or "?",
        share=round(share * 100),
    )
    if _is_scarce(remaining, limit, share):
        mend = message("Lower rate_limit_share, run fewer passes, or find out who else uses up the quota")
        return Check(subject, Verdict.WARNING, finding, mend)
    return Check(subject, Verdict.OK, finding)


def _is_scarce(remaining: str | None, limit: str, share: float) -> bool:
    """Tell whether others leave us less than half of our share; headers that hold no numbers tell nothing."""
    if remaining is None or not (remaining.isdecimal() and limit.isdecimal()):
        return False
    return int(remaining) < int(limit) * share / 2


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((headers[name] for name in names if name in headers), None)


def _exports(session: Session) -> Check:
    subject = message("ticket export")
    start = (session.server_time or _EXPORT_START) - _EXPORT_START
    try:
        session.get("/api/v2/incremental/tickets/cursor.json", {"start_time": start, "per_page": 1})
    except SignInError as error:
        mend = message("Give the user the role admin, and the OAuth client the scopes read and write")
        return Check(subject, Verdict.FAILURE, error.message, mend)
    except RefusedError as error:
        return Check(subject, Verdict.FAILURE, error.message)
    return Check(subject, Verdict.OK, message("allowed"))
