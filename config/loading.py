"""From the configuration's file to Settings, with every problem on the way."""

import os
from collections.abc import Mapping
from pathlib import Path

from config.agreement import disagreements
from config.checking import checked
from config.documents import read_policies
from config.problems import Problem, SettingsError
from config.reading import read_document
from config.settings import Origin, Settings
from kpi_engine.message import message


def load(path: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in the file at `path`; raise SettingsError with every problem in it and in its policy file.

    Secrets and the store's references are only looked up when they are used.
    """
    document = read_document(path, str(path), message("`helpdesk-kpi init` writes one"))
    origin = Origin(path.resolve().parent, os.environ if environ is None else environ, document)
    settings, problems = checked(document, Settings, origin.context(), extra=disagreements(document))
    problems += _policy_problems(origin)
    if settings is None or problems:
        raise SettingsError(problems)
    return settings


def _policy_problems(origin: Origin) -> list[Problem]:
    value = origin.document.value
    name = value.get("policies") if isinstance(value, dict) else None
    return read_policies(name, origin)[1] if isinstance(name, str) and name else []
