"""A secret as the configuration knows it: only where it is kept, never what it is."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

from connectors.errors import SignInError
from connectors.settings import UnfitError
from kpi_engine.message import Message, message

SECRET_FORMAT = "secret-reference"  # noqa: S105 -- names a format, is no secret
"""The `format` that marks a secret's place in the JSON Schema."""

VARIABLE_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(r"\$\{(?:env:(?P<env>" + VARIABLE_NAME + r")|file:(?P<file>[^{}\x00-\x1f]+))\}")
_LARGEST_FILE = 65_536


class SecretError(SignInError):
    """The secret is not where its reference says; the message names that place and never the secret."""


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret is kept: an environment variable (`source` "env") or a file of its own (`source` "file")."""

    source: str
    name: str
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False, compare=False)
    folder: Path = field(default=Path(), repr=False, compare=False)

    def __str__(self) -> str:
        return f"${{{self.source}:{self.name}}}"

    def reveal(self) -> str:
        """Return the secret itself, read now; raise SecretError where it is missing or empty."""
        return self._from_environment() if self.source == "env" else self._from_file()

    def _from_environment(self) -> str:
        secret = self.environ.get(self.name, "").strip()
        if not secret:
            raise SecretError(message("the environment variable {name} is not set, or is empty", name=self.name))
        return secret

    def _from_file(self) -> str:
        text = _small_text(self.folder, self.name)
        if text is None:
            raise SecretError(message("the secret's file {name} cannot be read as text", name=self.name))
        if not text.strip():
            raise SecretError(message("the secret's file {name} is empty", name=self.name))
        return text.strip()


def _small_text(folder: Path, name: str) -> str | None:
    try:
        with (folder / Path(name).expanduser()).open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        return None if len(content) > _LARGEST_FILE else content.decode("utf-8")
    except (OSError, ValueError, RuntimeError):  # RuntimeError: ~ without a home
        return None


def how_to_refer() -> Message:
    """Return the sentence that tells how a reference to a secret is written."""
    return message(
        "{variable} (an environment variable) or {file} (a file that holds nothing else), in quotes",
        variable='"${env:NAME}"',
        file='"${file:path}"',
    )


def _reference(value: object, info: ValidationInfo) -> SecretReference:
    if isinstance(value, SecretReference):
        return value
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise UnfitError(message("a secret is never written here, only a reference to it"), how_to_refer())
    source = "env" if found["env"] else "file"
    origin = info.context or {}
    return SecretReference(source, found[source], origin.get("environ", os.environ), Path(origin.get("folder", ".")))


Secret = Annotated[
    SecretReference,
    PlainValidator(_reference),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "format": SECRET_FORMAT,
            "pattern": r"^\$\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^{}]+)\}$",
            "examples": ["${env:ZENDESK_CLIENT_SECRET}", "${file:secret.txt}"],
        }
    ),
]
"""A setting that refers to a secret."""
