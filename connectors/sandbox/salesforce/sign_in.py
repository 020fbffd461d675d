"""Signing in: a token for an app's secret or for a signed assertion, and sessions that end."""

import jwt
from werkzeug.wrappers import Request, Response

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.salesforce.call import Call, Route, refusal
from connectors.sandbox.salesforce.service import VERSIONS, Service

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
LONGEST_ASSERTION = 300


def _turned_away(error: str, told: str) -> Refusal:
    return Refusal(400, {"error": error, "error_description": told})


def token(call: Call) -> Response:
    """Give a token; the form must be one."""
    form = call.request.form
    if not call.request.content_type or "x-www-form-urlencoded" not in call.request.content_type:
        raise _turned_away("unsupported_grant_type", "grant type not supported")
    if form.get("grant_type") == "client_credentials":
        if (form.get("client_id"), form.get("client_secret")) != (call.service.client_id, call.service.client_secret):
            raise _turned_away("invalid_client", "invalid client credentials")
    elif form.get("grant_type") == GRANT:
        _check_assertion(call.service, form.get("assertion", ""))
    else:
        raise _turned_away("unsupported_grant_type", "grant type not supported")
    return answer(_granted(call))


def _granted(call: Call) -> dict[str, str]:
    service, now = call.service, call.service.state.world.now
    return {
        "access_token": service.issue(now),
        "signature": "…",
        "scope": "api",
        "instance_url": service.instance_url or call.request.host_url.rstrip("/"),
        "id": f"https://login.salesforce.com/id/00D5g000000SaoMEAS/{service.own_id}",
        "token_type": "Bearer",
        "issued_at": str(int(now * 1000)),
    }


def _check_assertion(service: Service, assertion: str) -> None:
    """Check an assertion against the certificate, and against the org's own clock."""
    if service.public_key is None:
        raise _turned_away("invalid_grant", "user hasn't approved this consumer")
    options = {"verify_exp": False, "require": ["iss", "sub", "aud", "exp"]}
    try:
        claims = jwt.decode(assertion, service.public_key, ["RS256"], audience=AUDIENCES, options=options)  # type: ignore[arg-type]  # PyJWT's own options
    except jwt.PyJWTError:
        raise _turned_away("invalid_grant", "invalid assertion") from None
    now = service.state.world.now
    if not now < claims["exp"] <= now + LONGEST_ASSERTION:
        raise _turned_away("invalid_grant", "expired authorization code")
    if claims["iss"] != service.client_id or claims["sub"] != "kpi@sao-mai.example":
        raise _turned_away("invalid_grant", "user hasn't approved this consumer")


def versions(call: Call) -> Response:
    """List the versions: anybody may ask."""
    del call
    return answer([{"label": "x", "url": f"/services/data/v{each}", "version": each} for each in VERSIONS])


def signed_in(request: Request, service: Service) -> str:
    """Return the session of a request; raises the one refusal there is for lost ones and for wrong hosts."""
    scheme, _, session = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not service.honours(session):
        raise refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
    return session


ROUTES = (
    Route("POST", "/services/oauth2/token", token, open=True),
    Route("GET", "/services/data/", versions, open=True),
)
