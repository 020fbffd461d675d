"""Writing: fields with an outcome each, summaries made once, the fields themselves, and what an admin deploys."""

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from connectors.base import (
    Change,
    Check,
    Delivered,
    Extra,
    InDoubt,
    Refused,
    Snoozed,
    SummaryTicket,
    Target,
    Verdict,
    WantedField,
    WantedView,
)
from connectors.errors import AddressError, RefusedError, SettingError, UnexpectedPayloadError
from connectors.salesforce.setup import MARK, SUMMARY_KEY, api_name
from kpi_engine.message import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.connectors.salesforce.conftest import Scene

DUE = WantedField(Target.TICKET, "due_at", "moment", "KPI: due at", "When it is due.")
OVERDUE = WantedField(Target.TICKET, "overdue", "yes_no", "KPI: overdue", "Whether it is.")
CLOCK = WantedField(Target.TICKET, "overdue_clock", "text", "KPI: overdue clock", "Which clock.")
RATE = WantedField(Target.AGENT, "satisfaction_rate", "number", "KPI: satisfaction", "Of all ratings.")
SUMMARY = SummaryTicket("helpdesk-kpi:sao-mai:an:2026-W47", "Tuần 47", "<p>12</p>", "12\n[v1]", (), None, "KPI", "[v1]")
VIEW = WantedView("overdue", "KPI: overdue tickets", "What is overdue.", "overdue")


def with_fields(scene: "Scene", *wanted: WantedField) -> None:
    """Make fields and tell the connector where they are."""
    scene.connector.use_fields({(each.target, each.key): scene.connector.create_field(each) for each in wanted})


def test_each_record_has_its_own_outcome_and_a_moment_is_a_moment(scene: "Scene") -> None:
    with_fields(scene, DUE, OVERDUE, CLOCK)
    good, protected, gone, long = (scene.ticket() for _ in range(4))
    scene.sandbox.service.invalid.add(protected.key)
    scene.state.delete(gone.id)
    values = {DUE.key: 1_795_399_200, OVERDUE.key: True}
    changes = [Change(n, Target.TICKET, each.key, values) for n, each in enumerate((good, protected, gone))]
    changes.append(Change(3, Target.TICKET, long.key, {CLOCK.key: "x" * 300}))
    changes.append(Change(4, Target.TICKET, good.key, {CLOCK.key: "first_reply"}))
    changes.append(Change(5, Target.TICKET, good.key, {"escalation_level": 1}))
    outcomes = scene.connector.deliver(changes)
    assert [type(outcomes[n]) for n in range(6)] == [Delivered, Refused, Refused, Refused, Delivered, Refused]
    assert outcomes[2].closed  # type: ignore[union-attr]  # a refusal
    assert "đã khoá" in str(outcomes[1].reason)  # type: ignore[union-attr]  # likewise
    assert "STRING_TOO_LONG" in str(outcomes[3].reason)  # type: ignore[union-attr]  # likewise
    assert "escalation_level" in str(outcomes[5].reason)  # type: ignore[union-attr]  # likewise
    assert scene.connector.read(Target.TICKET, [good.key]) == {good.key: {**values, CLOCK.key: "first_reply"}}
    assert scene.connector.deliver([]) == {}


def test_no_write_runs_the_assignment_rule(scene: "Scene") -> None:
    with_fields(scene, OVERDUE)
    ticket = scene.ticket()
    owner = ticket.row["OwnerId"]
    scene.connector.deliver([Change(1, Target.TICKET, ticket.key, {OVERDUE.key: True})])
    made = scene.connector.deliver([Change(2, Target.SUMMARY, SUMMARY.external_id, summary=SUMMARY)])[2]
    assert isinstance(made, Delivered)
    scene.connector.deliver([Change(3, Target.SUMMARY, str(made.remote_id), summary=SUMMARY)])
    assert ticket.row["OwnerId"] == owner
    assert scene.state.mailed == []


def test_figures_stand_on_users_where_they_are_wanted(scene: "Scene") -> None:
    with_fields(scene, RATE)
    agent = scene.state.org.ids[scene.state.account.agent_ids[0]]
    assert isinstance(scene.connector.deliver([Change(1, Target.AGENT, agent, {RATE.key: 0.925})])[1], Delivered)
    assert scene.connector.read(Target.AGENT, [agent]) == {agent: {RATE.key: 0.925}}


def test_a_request_refused_or_put_off_as_a_whole_is_the_outcome_of_each(scene: "Scene") -> None:
    with_fields(scene, OVERDUE)
    change = Change(1, Target.TICKET, scene.ticket().key, {OVERDUE.key: True})
    scene.sandbox.fail_next("*/composite/sobjects", 400)
    assert isinstance(scene.connector.deliver([change])[1], Refused)
    scene.sandbox.fail_next("*/composite/sobjects", 500, times=9)
    assert isinstance(scene.connector.deliver([change])[1], Snoozed)
    scene.sandbox.clear_faults()
    scene.connector.begin()
    scene.sandbox.fail_next("*/composite/sobjects", lambda _: [])
    with pytest.raises(UnexpectedPayloadError, match="each record"):
        scene.connector.deliver([change])
    assert isinstance(scene.connector.follow("750", [change])[1], Refused)


def test_a_summary_is_a_case_without_a_contact_in_its_queue_and_its_versions_are_one_case(scene: "Scene") -> None:
    change = Change(1, Target.SUMMARY, SUMMARY.external_id, summary=SUMMARY)
    made = scene.connector.deliver([change])[1]
    assert isinstance(made, Delivered)
    again = scene.connector.deliver([change])[1]
    assert again == made
    case_id = str(made.remote_id)
    ticket = scene.state.ticket_of(case_id)
    assert ticket is not None
    assert (ticket.row["ContactId"], ticket.row["SuppliedEmail"], ticket.row["Subject"]) == (None, None, "Tuần 47")
    assert ticket.row["OwnerId"] == scene.state.org.ids[scene.state.account.kpi_group_id]
    newer = replace(SUMMARY, text="13 [v2]", solve=True)
    assert scene.connector.noted(case_id, "[v1]") is True
    assert isinstance(scene.connector.deliver([Change(2, Target.SUMMARY, case_id, summary=newer)])[2], Delivered)
    assert (scene.connector.noted(case_id, "[v2]"), ticket.row["Status"]) == (True, "Closed")
    assert scene.connector.noted("5005g00000ZZZZZZZZ", "[v1]") is None


def test_a_summary_that_cannot_be_made_says_why(make_scene: "Callable[..., Scene]") -> None:
    scene = make_scene(create_fields=False)
    change = Change(1, Target.SUMMARY, SUMMARY.external_id, summary=SUMMARY)
    assert scene.connector.find(SUMMARY.external_id) == []
    waits = scene.connector.deliver([change])[1]
    assert isinstance(waits, Snoozed)
    assert "setup --package" in str(waits.reason)
    scene = make_scene()
    nowhere = SummaryTicket("k", "s", "", "", (), None, "No such queue")
    assert isinstance(scene.connector.deliver([Change(1, Target.SUMMARY, "k", summary=nowhere)])[1], Refused)
    nobody = SummaryTicket("k", "s", "", "", (), "0055g00000ZZZZZZZZ", None)
    refused = scene.connector.deliver([Change(1, Target.SUMMARY, "k", summary=nobody)])[1]
    assert isinstance(refused, Refused)
    assert refused.closed
    assert isinstance(scene.connector.deliver([Change(1, Target.SUMMARY, "k")])[1], Refused)
    scene.sandbox.fail_next("*/KPI_Summary_Key__c/*", 500, times=9)
    own = scene.sandbox.service.own_id
    mine = SummaryTicket("k", "s", "", "", (), own, None)
    put_off = scene.connector.deliver([Change(1, Target.SUMMARY, "k", summary=mine)])[1]
    assert isinstance(put_off, Snoozed)
    assert not isinstance(put_off, InDoubt)


def test_fields_are_the_admins_unless_he_lets_us(make_scene: "Callable[..., Scene]") -> None:
    scene = make_scene(create_fields=False, push={"summaries": [{"scope": "agent", "period": "week"}]})
    (found,) = scene.connector.fields([DUE])
    assert "Case.KPI_Due_At__c" in str(found.problem)
    with pytest.raises(SettingError, match="KPI_Due_At__c"):
        scene.connector.create_field(DUE)
    (extra,) = scene.connector.extras([VIEW], {})
    assert not extra.there
    assert extra.problem is not None


def test_a_field_of_another_type_or_out_of_our_reach_cannot_serve(scene: "Scene") -> None:
    made = scene.connector.create_field(CLOCK)
    columns = scene.state.tables["Case"].columns
    text = WantedField(Target.TICKET, "overdue_clock", "integer", "KPI: overdue clock", "Which clock.")
    assert "string" in str(scene.connector.fields([text])[0].problem)
    columns[made] = replace(columns[made], updateable=False, label="Renamed")
    (found,) = scene.connector.fields([CLOCK])
    assert "permission set" in str(found.problem)
    assert (found.remote_title, found.made_by_us) == ("Renamed", True)
    scene.connector.install(_key(), [])
    columns[api_name(SUMMARY_KEY)] = replace(columns[api_name(SUMMARY_KEY)], unique=False)
    assert "unique" in str(scene.connector.fields([SUMMARY_KEY])[0].problem)


def _key() -> Extra:
    return Extra("field:summary:summary_key", message("x"), there=False)


def test_a_field_whose_answer_was_lost_is_made_once_and_shown_to_us(scene: "Scene") -> None:
    scene.sandbox.fail_next("*/tooling/sobjects/CustomField", "drop", after_effect=True)
    assert scene.connector.create_field(DUE) == "KPI_Due_At__c"
    assert scene.connector.create_field(DUE) == "KPI_Due_At__c"
    rights = [row["Field"] for row in scene.state.tables["FieldPermissions"].rows.values()]
    assert rights == ["Case.KPI_Due_At__c"]
    scene.sandbox.fail_next("*/tooling/sobjects/CustomField", 400)
    with pytest.raises(RefusedError):
        scene.connector.create_field(CLOCK)


def test_the_package_holds_all_we_need_and_would_make_the_same_fields(scene: "Scene") -> None:
    files = scene.connector.package([DUE, OVERDUE, RATE], [VIEW])
    assert set(files) == {
        "package.xml",
        "objects/Case.object",
        "objects/User.object",
        "permissionsets/Helpdesk_KPI.permissionset",
    }
    space = "{http://soap.sforce.com/2006/04/metadata}"
    roots = {name: ET.fromstring(content) for name, content in files.items()}
    case = roots["objects/Case.object"]
    fields = {each.findtext(f"{space}fullName"): each for each in case.iter(f"{space}fields")}
    assert list(fields) == ["KPI_Due_At__c", "KPI_Overdue__c", "KPI_Summary_Key__c"]
    assert fields["KPI_Due_At__c"].findtext(f"{space}type") == "DateTime"
    assert fields["KPI_Summary_Key__c"].findtext(f"{space}externalId") == "true"
    assert str(fields["KPI_Overdue__c"].findtext(f"{space}inlineHelpText")).endswith(MARK)
    assert case.findtext(f"{space}listViews/{space}filters/{space}field") == "KPI_Overdue__c"
    shown = [each.text for each in roots["permissionsets/Helpdesk_KPI.permissionset"].iter(f"{space}field")]
    assert shown == [
        "Case.KPI_Due_At__c",
        "Case.KPI_Overdue__c",
        "User.KPI_Satisfaction_Rate__c",
        "Case.KPI_Summary_Key__c",
    ]
    members = [each.text for each in roots["package.xml"].iter(f"{space}members")]
    assert set(members) == {*shown, "Case.KPI_Overdue", "Helpdesk_KPI"}
    for root in roots.values():  # as Salesforce itself writes them
        for part in root.iter(f"{space}fields"):
            names = [each.tag for each in part]
            assert names == [f"{space}fullName", *sorted(names[1:])]
    assert roots["package.xml"].findtext(f"{space}version") == "62.0"


def found(scene: "Scene") -> dict[str, Check]:
    """Look anew and return the checks by subject."""
    scene.connector.org.forget(at_once=True)
    return {
        str(check.subject).format(**check.subject.values) if check.subject.values else str(check.subject): check
        for check in scene.connector.checks()
    }


def test_checks_name_what_is_not_tracked_not_seen_and_not_chosen(make_scene: "Callable[..., Scene]") -> None:
    mapped = frozenset({"Ma_Don_Hang__c", "Nowhere__c"})
    scene = make_scene(calls="task", agent_work=True, rate_limit_share=0.5, mapped=mapped)
    scene.state.rows.tracked -= {"OwnerId", "CSAT__c", "BusinessHoursId"}
    scene.state.tables["ObjectPermissions"].rows.clear()
    scene.sandbox.service.absent |= {"EmailMessage", "AgentWork"}
    scene.sandbox.service.used = 900_000
    with pytest.raises(Exception, match="share"):
        found(scene)
    scene.sandbox.service.used = 0
    scene.sandbox.clock.sleep(4000)
    told = found(scene)
    assert {subject for subject, check in told.items() if check.verdict is not Verdict.OK} == {
        "all cases",
        "history of Owner",
        "history of Business Hours",
        "history of Ma_Don_Hang__c",
        "mails of cases",
        "agents' work items",
        "satisfaction ratings",
        "holidays",
    }
    assert "from one pass to the next" in str(told["history of Owner"].finding.values["cost"])


def test_checks_fail_where_the_configuration_names_what_is_not_there(make_scene: "Callable[..., Scene]") -> None:
    scene = make_scene(csat={"field": "Score__c", "scale": [1, 5]}, holidays=["Tết"], api_version="67.0")
    with pytest.raises(RefusedError):
        found(scene)
    scene = make_scene(csat={"field": "Score__c", "scale": [1, 5]}, holidays=["Tết"])
    told = found(scene)
    assert {subject for subject, check in told.items() if check.verdict is Verdict.FAILURE} == {
        "satisfaction ratings",
        "holidays",
    }
    scene = make_scene(csat=None, holidays=["Ngày Nhà giáo"])
    for row in scene.state.tables["Holiday"].rows.values():
        row["IsAllDay"] = False
    told = found(scene)
    assert told["holidays"].verdict is Verdict.WARNING
    assert told["satisfaction ratings"].verdict is Verdict.WARNING
    scene.sandbox.service.absent |= {"Case", "Holiday"}
    assert found(scene)["cases"].verdict is Verdict.FAILURE


def test_a_check_tells_whether_figures_may_be_written_on_users(make_scene: "Callable[..., Scene]") -> None:
    scene = make_scene(push={"agent_fields": ["satisfaction_rate"]})
    assert found(scene)["figures on users"].verdict is Verdict.OK
    scene.state.tables["PermissionSet"].rows[scene.state.org.permission_set]["PermissionsManageUsers"] = False
    assert "would refuse" in str(found(scene)["figures on users"].finding)
    scene.sandbox.service.hidden.add("PermissionSet.PermissionsManageUsers")
    assert "INVALID_FIELD" in str(found(scene)["figures on users"].finding.values)


def test_an_address_without_an_org_is_told_as_such(scene: "Scene") -> None:
    scene.sandbox.fail_next("/services/data/", 404)
    with pytest.raises(AddressError, match="no Salesforce org"):
        found(scene)


def test_who_reads_a_case_follows_sharing_queues_groups_and_roles(scene: "Scene") -> None:
    org, account = scene.state.org, scene.state.account
    agents = [org.ids[agent] for agent in account.agent_ids]
    assert scene.connector.readers(None, agents[0]) == [agents[0]]
    inner = org.add("Group", Name=None, Type="Regular", RelatedId=None)
    role = org.add("Group", Name=None, Type="Role", RelatedId="00E5g000000RoleEAC")
    org.tables["User"].rows[agents[2]]["UserRoleId"] = "00E5g000000RoleEAC"
    queue = org.ids[account.kpi_group_id]
    for group, member in ((queue, inner), (inner, agents[1]), (inner, role), (inner, inner), (inner, queue)):
        org.add("GroupMember", GroupId=group, UserOrGroupId=member)
    scene.connector.begin()
    assert scene.connector.readers("KPI", None) == [agents[1], agents[2]]
    for row in org.tables["Organization"].rows.values():
        row["DefaultCaseAccess"] = "Read"
    scene.connector.begin()
    assert len(scene.connector.readers("KPI", None)) == 6
