"""The whole product against simulated helpdesks: two real passes with a working day between them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from config import Settings, load
from connectors.base import Stream, Target
from connectors.sandbox import ZendeskSandbox
from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.reduce import Question, Scope
from kpi_engine.role_cards import Grading
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.accounts import opened
from sync.cycle import Mode, PassReport, run_pass
from sync.demo_beside import Neighbours, Together, entries, live_on, neighbours, opened_beside, secrets, together
from sync.demo_books import kept
from sync.editions import rulebook
from sync.explaining import Explanation, explained
from sync.figures import Figures, figures
from sync.grading import graded_figures
from sync.planning import TicketPlan
from sync.pull import silent
from sync.sources import min_n, source

SECRET_VARIABLE = "HELPDESK_KPI_DEMO_SECRET"  # noqa: S105 -- the name of a variable
WORKING_DAY = 54 * 3600
"""From Saturday noon, when the demo begins, to the end of the next working day, Monday 18:00."""
_ROWS_A_PAGE = dict.fromkeys(
    (Stream.TICKETS, Stream.HISTORY, Stream.METRIC_EVENTS, Stream.CALLS, Stream.CALL_LEGS), 1000
)
_OTHER_ROWS_A_PAGE = 100

_CONFIG = """\
version: 1
organization: Công ty Sao Mai
timezone: Asia/Ho_Chi_Minh
language: {language}
connectors:
  - name: sao-mai
    kind: zendesk
    base_url: {base_url}
    trusted_host: true            # the simulated helpdesk answers on this machine only
    auth: {{method: oauth_client_credentials, client_id: {client_id}, client_secret: "${{env:{variable}}}"}}
    history_from: {history_from}
    exclude: {{tags: [test, internal]}}
    talk: true                    # the calls of Zendesk Talk
    push:
      summaries:
        - {{scope: agent, period: week, group: KPI}}
{beside}bots: ["{bot}"]                    # an account that no platform flag tells from a person
privacy: {{visible_to_all_agents: true}}   # in the demo; by default an agent's summary is for him alone
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the demo has to show."""

    account: Account
    rules: Rulebook
    first: PassReport
    second: PassReport
    figures: Figures
    teams: Figures
    explanation: Explanation
    calls: Explanation
    person: Together
    graded: Mapping[str | None, Grading]

    @property
    def examples(self) -> list[TicketPlan]:
        """Three tickets written in the second pass, those with the most changed fields first."""
        return sorted(self.second.plans, key=lambda plan: -len(plan.changes))[:3]


def config_text(sandbox: ZendeskSandbox, language: str, beside: str = "") -> str:
    """Return a ready configuration for a running sandbox, and `beside` it the entries of other connectors."""
    return _CONFIG.format(
        beside=beside,
        language=language,
        base_url=sandbox.base_url,
        client_id=sandbox.oauth.client_id,
        variable=SECRET_VARIABLE,
        history_from="2026-10-01",
        bot=sandbox.state.account.bot_id,
    )


def settings_for(sandbox: ZendeskSandbox, language: str, folder: Path, beside: Neighbours | None = None) -> Settings:
    """Write the ready configuration into `folder` and return it validated.

    With `beside`, the other helpdesks are in it, and the files of what the company keeps beside them.
    """
    path = folder / "helpdesk-kpi.yaml"
    text = config_text(sandbox, language, entries(beside) if beside else "")
    path.write_text(text + (kept(sandbox, folder) if beside else ""), encoding="utf-8")
    return load(path, {SECRET_VARIABLE: sandbox.oauth.client_secret, **(secrets(beside) if beside else {})})


@contextmanager
def played(language: str, folder: Path) -> Iterator[Shown]:
    """Play the demo and yield what there is to show, while the store is still open."""
    with ZendeskSandbox(quotas="plan") as sandbox, neighbours() as beside:
        settings = settings_for(sandbox, language, folder, beside)
        with opened(settings, ["sao-mai"], sandbox.clock) as (account,), opened_beside(settings, beside) as others:
            first = run_pass(account, Mode(yes=True), silent)
            sandbox.advance(WORKING_DAY)
            second = run_pass(account, Mode(), silent)
            live_on(beside, others, WORKING_DAY)
            yield _shown(account, first, second, together([account, *others], _week(account, second)))


def _week(account: Account, second: PassReport) -> Period:
    return period_at(PeriodKind.WEEK, account.settings.timezone, second.as_of or 0).previous()


def _shown(account: Account, first: PassReport, second: PassReport, person: Together) -> Shown:
    as_of, week = second.as_of or 0, _week(account, second)
    found = figures(account, week, Scope.AGENT, as_of)
    overdue = INDICATORS["overdue_count"]
    agents = [agent for agent in found.scorecards if agent is not None]
    most = max(agents, key=lambda agent: (found.scorecards[agent][overdue.key].n, agent))
    question = Question(Scope.AGENT, account.name, week, as_of, min_n(account))
    teams = figures(account, week, Scope.TEAM, as_of)
    missed = INDICATORS["missed_call_rate"]
    whole = Question(Scope.ACCOUNT, account.name, week, as_of, min_n(account))
    return Shown(
        account,
        rulebook(account),
        first,
        second,
        found,
        teams,
        explained(account, overdue, question, most),
        explained(account, missed, whole, account.name),
        person,
        graded_figures(source(account, week, as_of), Scope.AGENT)[1],
    )


def least_requests(report: PassReport, account: Account, *, first: bool) -> int:
    """Return the fewest requests with which the API allows what a pass did.

    One for each page of each stream, and one for each schedule's holidays; on the first pass the sign-in and the fields
    looked up and created; one for each hundred ticket writes and one to see each of these jobs end; one for each new
    ticket.
    """
    rows = report.pulled.rows
    pages = sum(max(1, ceil(n / _ROWS_A_PAGE.get(Stream(s), _OTHER_ROWS_A_PAGE))) for s, n in rows.items())
    holidays = rows.get(Stream.SCHEDULES, 0)
    setting_up = 1 + len(report.created_fields) if report.created_fields else 0
    bulk = sum(1 for each in report.sent.delivered if each.target is Target.TICKET)
    created = sum(1 for each in report.sent.delivered if each.target is Target.SUMMARY)
    return pages + holidays + (1 if first else 0) + setting_up + 2 * ceil(bulk / account.connector.batch) + created
