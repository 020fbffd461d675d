"""Shared by those who look at an account for `check`: its clock beside ours, and what its plan offers."""

from connectors.base import Check, Verdict
from connectors.errors import ConnectorError, RefusedError, SignInError
from connectors.http import Session
from kpi_engine.message import Message, message

_MUCH_SKEW = 60  # seconds


def clock(skew: float | None) -> Check:
    """Tell how far this computer's clock is off; `skew` is ours minus the helpdesk's, in seconds."""
    subject = message("clock")
    if skew is None or abs(skew) <= _MUCH_SKEW:
        return Check(subject, Verdict.OK, message("agrees with the helpdesk's"))
    return Check(subject, Verdict.WARNING, _skewed(skew), message("Let this computer keep its time by NTP"))


def _skewed(skew: float) -> Message:
    hours, minutes = divmod(round(abs(skew) / 60), 60)
    off = {"hours": hours, "minutes": minutes}
    if skew > 0:
        return message("this computer's clock is {hours} h {minutes} min ahead of the helpdesk's", **off)
    return message("this computer's clock is {hours} h {minutes} min behind the helpdesk's", **off)


def offered(session: Session, subject: Message, path: str) -> Check:
    """Tell whether the account's plan has what is found at `path`."""
    try:
        session.get(path)
    except (SignInError, RefusedError):
        return Check(subject, Verdict.WARNING, message("not part of this account's plan, or switched off"))
    except ConnectorError as error:
        return Check(subject, Verdict.WARNING, error.message)
    return Check(subject, Verdict.OK, message("available"))
