"""What every connector begins with: a session with the account, its present, and where our fields live there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from http import HTTPStatus
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from connectors.account import AccountSettings
from connectors.base import Target, Usage
from connectors.errors import RefusedError, SettingError, SignInError, UnexpectedPayloadError
from connectors.http import Reader, Session, SignIn, by_status
from connectors.quota import Quota
from connectors.secret import SecretError
from connectors.signing_in import Unsigned
from connectors.values import FollowedFields
from kpi_engine.message import message

S = TypeVar("S", bound=AccountSettings)

UTC = ZoneInfo("UTC")
_FORBIDDEN_OR_MISSING = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


@dataclass(frozen=True, slots=True)
class Credentials:
    """How requests are signed, and the secrets that must never show in a message."""

    sign_in: SignIn
    secrets: Sequence[str]


def session_with(
    settings: AccountSettings, credentials: Callable[[], Credentials], quota: Quota, reader: Reader = by_status
) -> Session:
    """Return a session with a configured account.

    Without its secret it can still serve whoever asks the helpdesk nothing; a request then raises SecretError.
    """
    try:
        found = credentials()
    except SecretError as missing:
        found = Credentials(Unsigned(missing), ())
    return Session(
        settings.base_url,
        sign_in=found.sign_in,
        clock=quota.clock,
        quota=quota,
        trusted_host=settings.trusted_host,
        secrets=found.secrets,
        ca_bundle=settings.ca_bundle,
        reader=reader,
    )


@dataclass(slots=True)
class Account(Generic[S]):
    """A configured account that is talked to.

    `ask` is a request whose answer tells the helpdesk's time; `zone` is the report's; `mapped` names the custom
    fields to which the configuration gives a meaning; `fields` says where each of our keys lives, by target and key.
    """

    settings: S
    session: Session
    ask: Callable[[], object]
    zone: ZoneInfo = UTC
    mapped: frozenset[str] = frozenset()
    fields: Mapping[tuple[Target, str], str] = field(default_factory=dict)
    _at_begin: tuple[int, float] = field(default=(0, 0.0), init=False)

    def begin(self) -> None:
        """Start a pass: its deadline, its usage and the helpdesk's present count from now."""
        self.session.begin()
        self._at_begin = (self.session.requests_made, self.session.seconds_waited)

    def usage(self) -> Usage:
        """Return what the pass has cost so far."""
        requests, waited = self._at_begin
        session = self.session
        return Usage(session.requests_made - requests, session.seconds_waited - waited, session.server_time)

    def now(self) -> int:
        """Return the helpdesk's time as this pass was told it: what an earlier pass was told is long past."""
        if self.session.server_time is None or self.session.requests_made == self._at_begin[0]:
            self.ask()
        if self.session.server_time is None:
            raise UnexpectedPayloadError(message("The helpdesk's answers do not tell the time (no Date header)"))
        return self.session.server_time

    def midnight(self) -> int:
        """Return where history begins by the configuration, in epoch seconds."""
        return int(datetime.combine(self.settings.history_from, time(), self.zone).timestamp())

    def history_from(self) -> int:
        """Return where history begins; raises SettingError where that is still to come by the helpdesk's clock."""
        if self.midnight() <= self.now():
            return self.midnight()
        told = message(
            "history_from of {name} is {date}, which lies in the future: there is nothing to pull; set the date of "
            "the first day to be counted",
            name=self.settings.name,
            date=self.settings.history_from.isoformat(),
        )
        raise SettingError(told)

    def lacks(self, error: SignInError | RefusedError) -> bool:
        """Tell a missing feature from a lost sign-in and an unknown address, which are raised as what they are."""
        self.ask()
        return error.status in _FORBIDDEN_OR_MISSING

    def names(self, target: Target) -> dict[str, str]:
        """Return where each of our keys lives on one target."""
        return {key: name for (of, key), name in self.fields.items() if of is target}

    def ours(self, target: Target = Target.TICKET) -> dict[str, str]:
        """Return our keys by where they live on one target."""
        return {name: key for key, name in self.names(target).items()}

    def followed(self) -> FollowedFields:
        """Return the custom fields of tickets that are read."""
        return FollowedFields(self.ours(), self.mapped)
