"""Signing in to Salesforce: an app of its own, or a certificate; a token is good until it is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from connectors.address import checked_base_url
from connectors.base import Clock
from connectors.connecting import Credentials
from connectors.errors import AddressError, RefusedError, SignInError, UnexpectedPayloadError
from connectors.http import Session
from connectors.salesforce.settings import VENDOR_DOMAIN, ClientCredentials, JwtBearer, SalesforceSettings
from connectors.settings import UnfitError
from kpi_engine.message import message

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 -- an address
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_LIFE = 180  # seconds; Salesforce takes five minutes at most
_MUCH_SKEW = 30

Grant = Callable[[Session], Mapping[str, str]]
"""What is sent for a token."""


@dataclass(slots=True)
class AppToken:
    """A token asked for when one is needed, and again when it is refused: answers do not say how long it is good.

    Every answer names the address the org is to be asked at. `user_id` is who we are, once we have signed in.
    """

    settings: SalesforceSettings
    grant: Grant = field(repr=False)
    user_id: str | None = field(default=None, init=False)
    _token: str | None = field(default=None, init=False, repr=False)

    def headers(self, session: Session) -> dict[str, str]:
        """Return the Authorization header."""
        if self._token is None:
            self._ask(session)
        return {"Authorization": f"Bearer {self._token}"}

    def refresh(self, session: Session) -> bool:
        """Sign in anew: the session has ended, which Salesforce tells only by refusing it."""
        self._ask(session)
        return True

    def _ask(self, session: Session) -> None:
        granted = self._answer(session)
        token, address, identity = (granted.get(key) for key in ("access_token", "instance_url", "id"))
        if not isinstance(token, str) or not token:
            raise UnexpectedPayloadError(message("Salesforce's answer to the sign-in holds no token"))
        if isinstance(address, str):
            session.move(self._checked(address))
        self._token = token
        self.user_id = str(identity).rpartition("/")[2] or None if isinstance(identity, str) else None

    def _checked(self, address: str) -> str:
        try:
            return checked_base_url(address, VENDOR_DOMAIN, trusted_host=self.settings.trusted_host)
        except UnfitError as error:
            raise AddressError(error.message) from error

    def _answer(self, session: Session) -> Mapping[str, object]:
        try:
            return self._sent(session)
        except RefusedError as refusal:
            # An assertion is dated by our clock; Salesforce's own is known by the answer it just gave.
            if isinstance(self.settings.auth, JwtBearer) and abs(session.skew or 0) > _MUCH_SKEW:
                return self._once_more(session)
            raise self._turned_away(refusal) from refusal

    def _once_more(self, session: Session) -> Mapping[str, object]:
        try:
            return self._sent(session)
        except RefusedError as refusal:
            raise self._turned_away(refusal) from refusal

    def _sent(self, session: Session) -> Mapping[str, object]:
        body = urlencode(self.grant(session)).encode()
        return session.send("POST", TOKEN_PATH, body, safe_to_repeat=True, headers=_FORM, unsigned=True).mapping()

    def _turned_away(self, refusal: RefusedError) -> SignInError:
        return SignInError(
            message(
                "Salesforce gives no token to the app {client_id}: {told}",
                client_id=self.settings.auth.client_id,
                told=refusal.detail or str(refusal),
            )
        )


def _by_secret(auth: ClientCredentials) -> Grant:
    wanted = {
        "grant_type": "client_credentials",
        "client_id": auth.client_id,
        "client_secret": auth.client_secret.reveal(),
    }
    return lambda _: wanted


def _by_certificate(settings: SalesforceSettings, auth: JwtBearer, clock: Clock) -> Grant:
    key = auth.private_key.reveal()

    def grant(session: Session) -> Mapping[str, str]:
        claims = {
            "iss": auth.client_id,
            "sub": auth.username,
            "aud": auth.audience or audience(settings.base_url),
            "exp": int(clock.now() - (session.skew or 0)) + _ASSERTION_LIFE,
        }
        return {"grant_type": _GRANT, "assertion": _signed(claims, key)}

    return grant


def _signed(claims: Mapping[str, object], key: str) -> str:
    import jwt  # noqa: PLC0415 -- it brings cryptography along, which every start of the program would pay for

    try:
        return jwt.encode(dict(claims), key, algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError):
        told = message("private_key holds no RSA private key in PEM form; nothing can be signed with it")
        raise SignInError(told) from None  # its text may hold the key


def audience(base_url: str) -> str:
    """Return whom an assertion for an org is meant for."""
    return "https://test.salesforce.com" if ".sandbox." in base_url else "https://login.salesforce.com"


def credentials(settings: SalesforceSettings, clock: Clock) -> Credentials:
    """Return the configured way of signing in; raises SecretError where its secret cannot be read."""
    auth = settings.auth
    if isinstance(auth, ClientCredentials):
        return Credentials(AppToken(settings, _by_secret(auth)), [auth.client_secret.reveal()])
    return Credentials(AppToken(settings, _by_certificate(settings, auth, clock)), [auth.private_key.reveal()])
