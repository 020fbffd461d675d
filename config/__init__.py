"""One YAML file becomes one validated Settings object."""

from config.benchmarks import benchmark_records
from config.documents import (
    calendar_choice,
    calendar_documents,
    consequence_document,
    policy_document,
    policy_problems,
)
from config.exemptions import Exemptions
from config.idle import not_yet_in_force
from config.initial import Answers, starter_config
from config.inputs import InputFile
from config.late import resolve, store_url
from config.loading import load
from config.meanings import mapped_fields, meaning_documents
from config.problems import Problem, SettingsError
from config.schema import schema_text
from config.scorecards import scorecard_documents
from config.settings import AgentSettings, ConnectorSettings, Settings
from config.targets import target_documents

__all__ = [
    "AgentSettings",
    "Answers",
    "ConnectorSettings",
    "Exemptions",
    "InputFile",
    "Problem",
    "Settings",
    "SettingsError",
    "benchmark_records",
    "calendar_choice",
    "calendar_documents",
    "consequence_document",
    "load",
    "mapped_fields",
    "meaning_documents",
    "not_yet_in_force",
    "policy_document",
    "policy_problems",
    "resolve",
    "schema_text",
    "scorecard_documents",
    "starter_config",
    "store_url",
    "target_documents",
]
