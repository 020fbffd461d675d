"""What other products mean by the names of our indicators, and whose parameters rule which: for the documents alone."""

from collections.abc import Mapping
from typing import Final

RULED_BY: Final[Mapping[str, str]] = {
    "solve_events": "solved",
    "first_contact_resolution_gross": "first_contact_resolution",
    "two_touch": "one_touch",
    "multi_touch": "one_touch",
    "reopens": "reopen_rate",
    **dict.fromkeys(
        ("ratings_improved", "ratings_worsened", "positive_feedback", "warranty_satisfaction", "warranty_positive"),
        "satisfaction_rate",
    ),
    "satisfaction_mean": "satisfaction_rate",
}
"""The indicator whose parameters another one reads."""

ELSEWHERE: Final[Mapping[str, str]] = {
    "created": (
        "Freshdesk counts only tickets that an agent or a group was given; here the others are nobody's. It leaves "
        "out spam and merged tickets, as is done here; dbt_zendesk leaves merged ones in."
    ),
    "assigned": "A ticket that comes back to the same agent counts once; Zendesk's stations count every time.",
    "solved": (
        "Intercom counts every close, as `solve_events` does. Redo reports by the closing date, Help Scout only "
        "what had a reply. From solved to closed is no second solve, as in Zendesk."
    ),
    "missed_call_rate": (
        "Many products call a call missed that nobody answered, the queue's abandoned ones among them: a rate of the "
        "queue, not of an agent. Zendesk Talk tells agent_missed from abandoned_in_queue, as is done here."
    ),
    "handling_time": "Some leave wrap-up or hold time out; here both count, and where a file lacks them it is said.",
    "public_replies": (
        "Zendesk's *replies* are the same. Freshdesk counts public notes too; in Zendesk's messaging a session is "
        "one reply."
    ),
    "solve_ratio": "Groove's *assigned to created* is no share of the same tickets either; it may exceed 100 %.",
    "unassigned_time": "dbt_zendesk counts only gaps that end in an assignment.",
    "backlog": (
        "Zendesk takes its snapshot at about 23:00, so that the ends of days differ from ours, which are midnight."
    ),
    "owed_replies": "A status alone is no evidence: what counts is who spoke last.",
    "overdue_now": "Freshdesk says *response due* of the first reply and *overdue* of the resolution: the next rows.",
    "overdue_now_first_reply": "Freshdesk's *response due*, once over; Zendesk's *active (breached)* of that target.",
    "overdue_now_next_reply": "Freshdesk's *next response due*, once it is over.",
    "overdue_now_resolution": "Freshdesk's *overdue*.",
    "customers_served": "Customers of tickets held, not of those touched: whoever holds a ticket serves its customer.",
    "first_reply": (
        "Zendesk: from creation to the first public comment of an agent, bots and automations ignored, on tickets "
        "that an agent opened in public the second one; the same here. Freshdesk counts public notes too, and only "
        "assigned tickets. Chatwoot starts at the last hand-over from a bot or reopening. Intercom's headline is "
        "the median, and conversations are filtered by when they began. Gorgias leaves out tickets that an agent "
        "opened."
    ),
    "first_reply_within": (
        "The denominator holds what is late and unanswered too, or the figure would flatter. Freshdesk calls it the "
        "first response SLA."
    ),
    "next_reply": (
        "From the oldest unanswered message, as in Zendesk and Zammad; Simla, Lengolf and Armin count from the "
        "customer's last one, which rewards waiting until he writes again. Zammad keeps the longest of a ticket "
        "only."
    ),
    "response_time": (
        "A mean over replies. Freshdesk's *average response time* is the same kind of figure; texts that divide all "
        "response times by tickets received give another."
    ),
    "total_reply_wait": "dbt_zendesk has the same figure; on tickets that an agent opened, its waits overlap.",
    "longest_wait": "Zammad keeps the longest exchange of a ticket as its update time.",
    "time_to_assign": "GLPI and iTop call it *time to own*.",
    "first_resolution": "The first solve stands whatever came later, as in Zendesk.",
    "full_resolution": (
        "Zendesk: from creation to the most recent solve. Chatwoot stores every resolving and takes the mean of "
        "all; Frappe and Groove subtract time on hold or snoozed, Armin the time waiting for the customer: for that "
        "see `agent_wait`, `on_hold` and `requester_wait`. Salesforce: closed minus created."
    ),
    "requester_wait": (
        "Zendesk's measure of that name: new, open and on hold. Zendesk gives all of it to the last assignee; here "
        "each who had the ticket has his part, and a team or the account the parts of a ticket together."
    ),
    "agent_wait": "Zendesk's measure of that name: pending. It is time the customer takes, so neither end is better.",
    "on_hold": "Zendesk's measure of that name.",
    "agent_work": (
        "Zendesk's agent work time: new and open. It is a clock of statuses and no effort; time that somebody "
        "logged is another indicator. Zendesk gives all of it to the last assignee."
    ),
    "ownership_time": (
        "Zendesk's group SLA measures it for groups: it ends with a handover or the solve, a reopening begins anew."
    ),
    "update_gap": "Zendesk's periodic update; its pausable update is `pending: exclude`.",
    "first_contact_resolution": (
        "Freshdesk means solved with the first response, Intercom closed once by one teammate, Zoho closed with one "
        "public response, Salesforce's stand-in is closed on creation: what these count is `one_touch`. Here the "
        "customer must not come back either."
    ),
    "first_contact_resolution_gross": (
        "Most products divide by solved tickets, which leaves out what never was. Targets of about 70 % in the "
        "trade's articles are about all requests."
    ),
    "one_touch": (
        "Intercom: closed once with one teammate. Freshdesk's *FCR* and Zoho's are one-touch by our words. Groove "
        "divides by tickets with a reply."
    ),
    "two_touch": "Zendesk's touches: exactly two replies.",
    "multi_touch": "Zendesk's touches: more than two replies. dbt_zendesk puts solved tickets without a reply here.",
    "reopen_rate": (
        "Zoho: closed once and then reopened. Freshdesk keeps the last reopening only; dbt_zendesk takes solves "
        "minus one, which misses a ticket that is still open. Charged to the solve that failed, not to who picked "
        "the ticket up."
    ),
    "reopens": "Zendesk's counter of a ticket; Chatwoot and Zammad log each.",
    "assignee_stations": "Zendesk's *assignee stations* and dbt_zendesk's: A, B and A again are three.",
    "unique_assignees": (
        "Zendesk Explore calls a ticket reassigned when its stations are more than one; A, B and A again are two "
        "people."
    ),
    "group_stations": "Zendesk's *group stations*: the first group counts.",
    "overdue_count": (
        "Zendesk counts every instance of a clock that was breached; here a ticket counts once for each kind of "
        "clock. What was late stays late when it is finished, as in Zendesk and Salesforce."
    ),
    "goals_met": (
        "Zendesk reports *targets* (this) beside *policies* (`goals_met_tickets`), which differ. Freshdesk gives "
        "one share for first responses and one for resolutions; Fyne counts tickets times kinds, by when they were "
        "resolved."
    ),
    "next_reply_within": "Zendesk's next reply target; Freshdesk's share of next responses in time.",
    "resolution_within": "Freshdesk's resolution SLA, Zendesk's total resolution target.",
    "overdue_minutes": (
        "Zammad keeps the difference in business time alone. By the wall it tells how long the customer went on "
        "waiting, over nights and weekends."
    ),
    "internal_goals_met": (
        "Zendesk's group SLA: from the assignment to a group until another has the ticket or it is solved; a reopening "
        "starts it anew."
    ),
    "goals_met_tickets": (
        "Zendesk's share of policies; Frappe calls a ticket failed as soon as one clock fails, as is done here."
    ),
    "satisfaction_rate": (
        "Zendesk: good ÷ (good + bad). Freshdesk: positive ÷ rated. Front, Gorgias and Dixa: 4 and 5 of 5 ÷ rated. "
        "Frappe counts by the date of the resolution, Redo by that of the rating, as is done here. Intercom's dbt "
        "package credits the last who closed, Front the last who wrote before the rating; here, as in Zendesk, it "
        "is the assignee when the rating was given."
    ),
    "satisfaction_mean": (
        "Frappe and Intercom's dbt package show a mean. A mean and a share of good ones do not compare, nor do "
        "means of different scales."
    ),
    "survey_response_rate": (
        "Chatwoot and Gorgias: responses ÷ surveys sent; Zendesk: rated ÷ surveyed. By the day of sending, so that "
        "it never exceeds 100 %."
    ),
}
"""What is counted under a name by other products, as far as we know, by our key."""
