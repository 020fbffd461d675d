"""What targets, benchmarks and scorecards lack, as `check` tells it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from config import Settings, benchmark_records, policy_problems
from config.benchmarks import lint as benchmark_lint
from config.documents import configured_policies
from config.meanings import Fields
from config.penalties import consequences
from config.scorecards import lint as scorecard_lint
from connectors.base import Check, Verdict
from kpi_engine.message import message
from sync.account import Account
from sync.announcing import UNANNOUNCED_MEND, unannounced, unannounced_text
from sync.consequence_lint import lint as consequence_lint
from sync.target_text import lint as target_lint
from sync.target_text import unmapped


def _meanings(settings: Settings) -> set[str]:
    """Return what tells of tickets what only the configuration can say: mapped fields, and policies of a severity."""
    told = {name for name in Fields.model_fields if getattr(settings.fields, name)}
    worked_out = not policy_problems(settings) and configured_policies(settings).severity is not None
    return told | ({"severity"} if worked_out else set())


def agreement_checks(account: Account) -> Iterator[Check]:
    """Yield a warning for each thing that makes a target, a benchmark or a scorecard less than it could be."""
    settings = account.settings
    records, today = benchmark_records(settings.benchmarks), datetime.fromtimestamp(account.now(), UTC).date()
    agreed = {target.indicator for target in settings.targets}
    agreed_rules = () if policy_problems(settings) else consequence_lint(configured_policies(settings))
    for subject, findings in (
        (message("targets"), target_lint(settings.targets, records)),
        (message("targets"), unmapped(settings.targets, _meanings(settings))),
        (message("benchmarks"), benchmark_lint(settings.benchmarks, today)),
        (message("scorecards"), scorecard_lint(settings.scorecards, agreed)),
        (message("penalties and rewards"), agreed_rules),
    ):
        yield from (Check(subject, Verdict.WARNING, finding) for finding in findings)
    if not policy_problems(settings):
        yield from _unannounced(account)


def _unannounced(account: Account) -> Iterator[Check]:
    """Yield a warning for the penalties that charge and of which `announce` told nobody as they are."""
    document = configured_policies(account.settings)
    names = unannounced(account, consequences(document.penalties, document.rewards)["penalties"])
    if names:
        yield Check(message("announcements"), Verdict.WARNING, unannounced_text(names), UNANNOUNCED_MEND)
