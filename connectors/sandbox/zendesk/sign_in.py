"""Who is asking, and what the credentials allow."""

import re

from werkzeug.wrappers import Request, Response

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.faults import EXPIRED
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.call import Call, Route
from connectors.sandbox.zendesk.records import User
from connectors.sandbox.zendesk.service import Service, Token

SHORTEST, LONGEST = 300, 172_800  # seconds a token may live
DEFAULT_LIFE = 7200
SCOPE = re.compile(
    r"(?:(?:tickets|users|organizations|auditlogs|hc|apps|triggers|automations|webhooks):)?(?:read|write)"
)
FULL = ("read", "write")


def issue_token(call: Call) -> Response:
    """Answer a client's credentials with a bearer token; no refresh token is given."""
    asked = _form(call)
    if asked.get("grant_type") != "client_credentials":
        raise _oauth(400, "unsupported_grant_type", "The authorization grant type is not supported.")
    tokens = call.service.tokens
    if (asked.get("client_id"), asked.get("client_secret")) != (tokens.client_id, tokens.client_secret):
        raise _oauth(401, "invalid_client", "Client authentication failed.")
    scope, life = _scope(asked), _life(asked)
    expires_at = call.state.world.now + life
    token = tokens.issue(call.state.account.integration_id, scope.split(), expires_at)
    return answer({"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": life}, 201)


def _form(call: Call) -> Row:
    if call.request.mimetype == "application/x-www-form-urlencoded":
        return dict(call.request.form.items())
    return call.whole_body()


def _scope(asked: Row) -> str:
    scope = str(asked.get("scope") or "read")
    if not all(SCOPE.fullmatch(part) for part in scope.split()):
        raise _oauth(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    return scope


def _life(asked: Row) -> int:
    given = str(asked.get("expires_in") or DEFAULT_LIFE)
    if not given.isdecimal() or not SHORTEST <= int(given) <= LONGEST:
        raise _oauth(400, "invalid_request", f"expires_in must be between {SHORTEST} and {LONGEST} seconds.")
    return int(given)


def _oauth(status: int, error: str, description: str) -> Refusal:
    return Refusal(status, {"error": error, "error_description": description})


def signed_in(request: Request, service: Service, route: Route) -> User | None:
    """Return who asks, None for a guest where guests are answered; raises Refusal for everyone else."""
    token = _token(request, service)
    if token is None:
        if route.anonymous:
            return None
        headers = {"WWW-Authenticate": 'Basic realm="Web Password"'}
        raise Refusal(401, {"error": "Couldn't authenticate you"}, headers)
    user = service.state.users[token.user_id]
    _check_rights(request, route, token, user)
    return user


def _token(request: Request, service: Service) -> Token | None:
    given = request.authorization
    if given is None:
        return None
    if given.type == "bearer":
        known = service.tokens.honoured(given.token or "", service.state.world.now)
        if known is None:
            raise Refusal(401, dict(EXPIRED))
        return known
    pair = (given.username, given.password)
    good = given.type == "basic" and pair == (f"{service.tokens.email}/token", service.tokens.api_token)
    return Token(service.state.account.integration_id, frozenset(FULL)) if good else None


def _check_rights(request: Request, route: Route, token: Token, user: User) -> None:
    need = "read" if request.method == "GET" else "write"
    if not token.scopes & {need, f"{route.scope}:{need}"}:
        raise Refusal(
            403, {"error": {"title": "Forbidden", "message": f"You are missing the scope: {route.scope}:{need}"}}
        )
    if route.admin and user.role != "admin":
        text = (
            "You do not have access to this page. Please contact the account owner of this help desk for further help."
        )
        raise Refusal(403, {"error": {"title": "Forbidden", "message": text}})


ROUTES = (Route("POST", "/oauth/tokens", issue_token, anonymous=True),)
