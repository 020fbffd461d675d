"""From the configuration's file to Settings, with every problem on the way."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from config.agreement import disagreements
from config.checking import checked
from config.documents import read_policies
from config.problems import Document, Finding, Problem, SettingsError
from config.reading import read_document
from config.settings import Origin, Settings
from config.strangers import strangers
from kpi_engine.message import message


def load(path: Path, environ: Mapping[str, str] | None = None, *, last_good: bool = False) -> Settings:
    """Return the settings in the file at `path`; raise SettingsError with every problem in it and in its policy file.

    With `last_good`, a policy file that alone is wrong is none: the policies kept last stay in force, and
    `policy_problems` tells what is to be mended. Secrets and the store's references are looked up when they are used.
    """
    document = read_document(path, str(path), message("`helpdesk-kpi init` writes one"))
    origin = Origin(path.resolve().parent, os.environ if environ is None else environ, document)
    settings, problems = checked(
        document, Settings, origin.context(), extra=[*disagreements(document), *_inline(document)]
    )
    of_policies = _policy_problems(origin)
    if settings is None or problems or (of_policies and not last_good):
        raise SettingsError([*problems, *of_policies])
    return settings


def _inline(document: Document) -> list[Finding]:
    """Return what policies that stand in the configuration name and it does not have."""
    policies = document.value.get("policies") if isinstance(document.value, dict) else None
    return [replace(each, path=("policies", *each.path)) for each in strangers(policies, document.value)]


def _policy_problems(origin: Origin) -> list[Problem]:
    value = origin.document.value
    name = value.get("policies") if isinstance(value, dict) else None
    return read_policies(name, origin)[1] if isinstance(name, str) and name else []
