"""The first configuration: a commented file made from a few answers."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_/-]*|https?://[A-Za-z0-9.:-]+[A-Za-z0-9]|[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ONLY = re.compile(r"@only_([a-z]+)@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What `init` asks. `variable` names the environment variable that holds the secret; `history_from` is a date.

    `client_id` belongs to the ways of OAuth, `username` to oauth_jwt_bearer, `email` to api_token.
    """

    organization: str
    timezone: str
    language: str
    kind: str
    name: str
    base_url: str
    auth_method: str
    variable: str
    history_from: str
    client_id: str = ""
    email: str = ""
    username: str = ""
    trusted_host: bool = False


def starter_config(answers: Answers) -> str:
    """Return a commented configuration in the answers' language; `load` tells what is wrong with an answer."""
    language = "vi" if answers.language == "vi" else "en"
    template = files("config").joinpath("starter", f"config.{language}.yaml").read_text(encoding="utf-8")
    values = _values(answers)
    lines = (_ONLY.sub("", line) for line in template.splitlines(keepends=True) if _concerns(line, answers.kind))
    return re.sub(r"@([a-z_]+)@", lambda found: values[found[1]], "".join(lines))


def _concerns(line: str, kind: str) -> bool:
    """Tell whether a line of the template is for every kind of helpdesk, or for this one."""
    found = _ONLY.match(line)
    return found is None or found[1] == kind


def _values(answers: Answers) -> Mapping[str, str]:
    return {
        "organization": _quoted(answers.organization),
        "timezone": _quoted(answers.timezone),
        "name": _quoted(answers.name),
        "kind": _quoted(answers.kind),
        "base_url": _quoted(answers.base_url),
        "trusted": "\n    trusted_host: true" if answers.trusted_host else "",
        "auth": _auth(answers),
        "history_from": _quoted(answers.history_from),
    }


def _auth(answers: Answers) -> str:
    secret = _quoted(f"${{env:{answers.variable}}}")
    parts = {
        "oauth_client_credentials": {"client_id": _quoted(answers.client_id), "client_secret": secret},
        "oauth_jwt_bearer": {
            "client_id": _quoted(answers.client_id),
            "username": _quoted(answers.username),
            "private_key": secret,
        },
        "api_token": {"email": _quoted(answers.email), "token": secret},
        "api_key": {"api_key": secret},
    }.get(answers.auth_method, {"token": secret})
    written = ", ".join(f"{key}: {value}" for key, value in parts.items())
    return f"{{method: {_quoted(answers.auth_method)}, {written}}}"


def _quoted(text: str) -> str:
    """Return `text` as a YAML scalar: bare where that is safe, else in double quotes, which JSON's are."""
    if _BARE.fullmatch(text) and text.lower() not in {"null", "true", "false"}:
        return text
    return "".join(
        character if character.isprintable() else f"\\U{ord(character):08x}"
        for character in json.dumps(text, ensure_ascii=False)
    )
