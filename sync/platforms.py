"""What each helpdesk tells of each stream and how exactly, and what can therefore never be equal on all of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.base import Stream

EXACT: Mapping[str, Mapping[Stream, str]] = {
    "zendesk": {
        Stream.AGENTS: "exact; those who left too",
        Stream.GROUPS: "exact",
        Stream.MEMBERSHIPS: "exact",
        Stream.SCHEDULES: "exact, with holidays; which one a ticket follows shows in its history",
        Stream.TICKETS: "exact",
        Stream.HISTORY: "exact: who did what, to the second",
        Stream.RATINGS: "exact, with the assignee at the time; what one said before an edit, where a pass saw it",
        Stream.SURVEYS: "exact; a score without its scale",
        Stream.METRIC_EVENTS: "exact; for comparing only",
        Stream.SLA_POLICIES: "exact",
        Stream.CUSTOM_STATUSES: "exact, with the status each belongs to",
        Stream.CALLS: "exact, where the account has Talk",
        Stream.CALL_LEGS: "exact, where the account has Talk",
    },
    "freshdesk": {
        Stream.AGENTS: "exact; who is an administrator is not told, and a deleted agent is known by his tickets only",
        Stream.GROUPS: "exact, with the hours each keeps",
        Stream.MEMBERSHIPS: "exact",
        Stream.SCHEDULES: "one stretch a day, no holidays: those belong into `calendars`",
        Stream.TICKETS: "exact; one deleted for good just vanishes, and so does one that is archived; what was "
        "archived before the first pull (closed, and left alone for 120 days) is on no list, so that months before "
        "lack it",
        Stream.HISTORY: "messages exact; statuses exact where the helpdesk stamps them; priority, agent, group and "
        "tags only as the difference of two looks, and never whose hand it was, unless activities are exported",
        Stream.ACTIVITIES: "exact to the second, with whose hand it was, a day later: where an account admin switched "
        "the daily export on, for the last 30 days",
        Stream.RATINGS: "the answer to one question of the survey, without its scale; an edited one within a day, "
        "and what it said before where a pass saw it",
        Stream.SLA_POLICIES: "exact",
        Stream.CUSTOM_STATUSES: "by number and label; what an own one means must be said in `statuses`",
    },
    "salesforce": {
        Stream.AGENTS: "exact; those who left too, and whom each reports to",
        Stream.GROUPS: "exact: queues",
        Stream.MEMBERSHIPS: "exact, those through groups and roles in a queue too",
        Stream.SCHEDULES: "one stretch a day; which holidays apply is not told, the admin says it",
        Stream.TICKETS: "exact, deleted and merged ones too, those removed for good too; a case has no "
        "tags, and one owner alone",
        Stream.HISTORY: "messages exact; of the fields those whose history the org tracks, for 18 to 24 months; of the "
        "others the difference of two passes, and when a case was closed last",
        Stream.RATINGS: "from a field of the case: when it was given is known only if that field is tracked, else "
        "approximate",
        Stream.SURVEYS: "exact where the org has surveys",
        Stream.METRIC_EVENTS: "milestones as they stand; for comparing only",
        Stream.SLA_POLICIES: "the names of entitlement processes, where the org has them",
        Stream.CUSTOM_STATUSES: "exact, with the default and the closed ones; those for waiting by their usual names, "
        "else by `statuses`",
        Stream.CALLS: "exact where the org has Salesforce Voice, but for the work after a call; of calls logged as "
        "tasks what the telephone integration writes",
        Stream.WORK_ITEMS: "exact where the org has Omni-Channel; calls that rang at an agent's in vain too",
    },
}
"""By kind of helpdesk: how exact each stream it may serve is."""


@dataclass(frozen=True, slots=True)
class Unequal:
    """Indicators that cannot be the same everywhere: on which helpdesks, and why."""

    indicators: tuple[str, ...]
    kinds: tuple[str, ...]
    why: str


UNEQUAL = (
    Unequal(
        ("escalation_rate", "tickets_touched", "time_to_acknowledge"),
        ("freshdesk",),
        "Whose hand changed a ticket without a word is not told: only messages count as something an agent did, "
        "unless the account exports activities daily.",
    ),
    Unequal(
        ("survey_response_rate",),
        ("freshdesk", "salesforce"),
        "That a survey was sent is not told, only that it was answered.",
    ),
    Unequal(
        ("satisfaction_mean",),
        ("salesforce",),
        "A score on a scale that the admin states; Zendesk's verdict is none, so that only here there is a mean.",
    ),
    Unequal(
        ("group_stations",),
        ("salesforce",),
        "A case has one owner: while an agent has it, no other team can be given it.",
    ),
)
"""What the same events give differently, though nothing went wrong."""

ALSO = """\
- Freshdesk has no status *new*: a ticket is open from the beginning.
- On Freshdesk what came and went between two passes is not known. What rests on more than an hour unseen is marked
  approximate; whether a goal was met that fell between two looks is undecided, and charged to nobody. Where the account
  exports activities daily, all that becomes exact when the day's file is read.
- Of tickets older than the first pass, Freshdesk tells the last agent and group only: they are credited with the whole
  life, marked approximate. An export of activities reaches back 30 days.
- A rating cannot be withdrawn on Freshdesk.
- On Salesforce the team of a case that an agent has is the queue he took it from: a figure by team differs where it
  is passed to another team's agent. Where a field's history is not tracked, its changes lie between two passes, and
  what decides a breach (owner, priority, severity) is not known before the first look at a case that has changed: what
  rests on either is approximate, and `check` says what that costs.
- Salesforce has no tags: tickets are excluded by record type (`exclude.forms`).
- That only an AI agent worked a ticket is told by Zendesk alone; elsewhere `bots` in the configuration names such
  accounts.
"""
"""What else differs, and no list of indicators can say."""
