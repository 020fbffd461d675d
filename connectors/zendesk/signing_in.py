"""Signing in to Zendesk: the three ways an account may allow."""

from dataclasses import dataclass, field

from connectors.base import Clock
from connectors.connecting import Credentials
from connectors.errors import RefusedError, SignInError, UnexpectedPayloadError
from connectors.http import Session
from connectors.signing_in import Basic, Bearer
from connectors.zendesk.settings import ApiToken, ClientCredentials, ZendeskSettings
from kpi_engine.message import message

_LIFETIME = 7200  # seconds we ask for, and assume where the answer does not say
_MARGIN = 60  # seconds before its end at which a token is renewed


@dataclass(slots=True)
class ClientToken:
    """A token asked for with an OAuth client's secret when one is needed: there is no refresh token to keep.

    https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
    """

    client_id: str
    client_secret: str = field(repr=False)
    clock: Clock
    _token: str | None = field(default=None, init=False, repr=False)
    _ends_at: float = field(default=0.0, init=False)

    def headers(self, session: Session) -> dict[str, str]:
        """Return the Authorization header, with a token that still holds."""
        if self._token is None or self.clock.now() >= self._ends_at - _MARGIN:
            self._ask(session)
        return {"Authorization": f"Bearer {self._token}"}

    def refresh(self, session: Session) -> bool:
        """Ask for another token: this one was revoked, or ended early."""
        self._ask(session)
        return True

    def _ask(self, session: Session) -> None:
        asked_at = self.clock.now()
        self._token, lifetime = _granted(self._answer(session))
        self._ends_at = asked_at + lifetime

    def _answer(self, session: Session) -> dict[str, object]:
        wanted = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": "read write",
            "expires_in": _LIFETIME,
        }
        try:
            return session.send("POST", "/oauth/tokens", wanted, safe_to_repeat=True, unsigned=True).mapping()
        except RefusedError as refusal:
            raise SignInError(
                message(
                    "Zendesk gives no token to the OAuth client {client_id}: {told}",
                    client_id=self.client_id,
                    told=refusal.detail or str(refusal),
                )
            ) from refusal


def _granted(body: dict[str, object]) -> tuple[str, float]:
    token, lifetime = body.get("access_token"), body.get("expires_in")
    if not isinstance(token, str) or not token:
        raise UnexpectedPayloadError(message("Zendesk's answer to the sign-in holds no token"))
    return token, float(lifetime) if isinstance(lifetime, (int, float)) and lifetime > 0 else _LIFETIME


def credentials(settings: ZendeskSettings, clock: Clock) -> Credentials:
    """Return the configured way of signing in; raises SecretError where its secret cannot be read."""
    auth = settings.auth
    if isinstance(auth, ClientCredentials):
        secret = auth.client_secret.reveal()
        return Credentials(ClientToken(auth.client_id, secret, clock), [secret])
    token = auth.token.reveal()
    signed = Basic(f"{auth.email}/token", token) if isinstance(auth, ApiToken) else Bearer(token)
    return Credentials(signed, [token])
