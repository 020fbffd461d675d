"""What leads decide about tickets: exemptions and refusals, from the command line, a file, or a tag."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.periods import PeriodKind, period_at
from sync.summaries.marking import DISPUTE_TAG

if TYPE_CHECKING:
    from conftest import Desk

WHY = ("--reason", "The exchange was down.", "--by", "lan@saomai.vn")


@pytest.fixture
def late(desk: "Desk") -> str:
    """Return a ticket whose first reply is late, on a helpdesk that was pulled."""
    state = desk.sandbox.state
    agreed(desk)
    ticket = state.create_ticket(
        priority="urgent", status="open", assignee_id=state.account.agent_ids[0], group_id=state.account.group_ids[0]
    )
    desk.sandbox.advance(4 * 86_400)
    state.comment(ticket.id, state.account.agent_ids[0], status="solved")
    passed(desk)
    return str(ticket.id)


def agreed(desk: "Desk", *approvers: str, **more: Any) -> None:  # noqa: ANN401 -- any key of the configuration
    """Have the lead of agent 0 lead him, and others approve whatever it is."""
    state = desk.sandbox.state
    an, binh = state.account.agent_ids[:2]
    mine = {"team": "north", "accounts": {"sao-mai": str(an)}}
    own = [desk.account(name, sandbox) for name, sandbox in desk.sandboxes.items()]
    exemptions = {"sao-mai": {"approvers": ["lan@saomai.vn", "lan", *approvers], **more.pop("exempting", {})}}
    teams = {"north": {"lead": state.users[binh].email}}
    desk.configure(*own, agents=[{"name": "An", **mine}], teams=teams, exemptions=exemptions, **more)


def passed(desk: "Desk") -> None:
    desk.sandbox.advance(600)
    done = desk.run("sync", "--dry-run")
    assert done.exit_code == 0, done.output


def month(desk: "Desk") -> tuple[str, str]:
    return "--period", period_at(PeriodKind.MONTH, "Asia/Ho_Chi_Minh", int(desk.sandbox.now)).label


def agent(desk: "Desk", number: int) -> str:
    return str(desk.sandbox.state.account.agent_ids[number])


def rows(desk: "Desk") -> dict[str, dict[str, Any]]:
    """Return the month's rows of tickets, by ticket."""
    return {row["ticket_id"]: row for row in desk.told("export", *month(desk))}


def overdue(desk: "Desk", ticket: str, key: str = "overdue_count") -> tuple[bool, list[Any]]:
    """Tell whether a ticket's late first reply counts, and what is said if it is left out."""
    document = desk.told("explain", key, *month(desk))
    parts = [line["part"] for line in document["lines"] if line["ticket_id"] == ticket]
    left = [each["why"] for each in document["omitted"] if each["ticket_id"] == ticket]
    return any("first_reply" in part for part in parts), left


def test_an_exempted_clock_counts_for_nobody_and_says_why_until_it_is_taken_back(desk: "Desk", late: str) -> None:
    assert overdue(desk, late) == (True, [])
    added = desk.run("override", "add", late, "first_reply", *WHY)
    assert added.exit_code == 0, added.output
    assert "the next pass goes by it" in added.stdout
    passed(desk)
    counts, (why,) = overdue(desk, late)
    assert not counts
    assert why.startswith("exempted by lan@saomai.vn: The exchange was down. (typed ")
    assert why in desk.run("explain", "overdue_count", *month(desk)).stdout
    (decision,) = desk.told("override", "list")["accounts"][0]["decisions"]
    assert (decision["ticket_id"], decision["what"], decision["approved_by"]) == (late, "first_reply", "lan@saomai.vn")

    assert desk.run("override", "remove", late, "first_reply", "--reason", "A mistake.", "--by", "lan").exit_code == 0
    passed(desk)
    assert overdue(desk, late) == (True, [])
    assert desk.told("override", "list")["accounts"][0]["decisions"] == []
    (past,) = desk.told("override", "list", "--all")["accounts"][0]["decisions"]
    assert past["ended"] == "lan: A mistake."
    assert "ended by lan: A mistake." in desk.run("override", "list", "--all").stdout
    again = desk.run("override", "remove", late, "first_reply", "--reason", "Again.", "--by", "lan")
    assert again.exit_code == 2


def test_a_decision_needs_a_ticket_that_is_known_and_an_instant_that_is_one(desk: "Desk", late: str) -> None:
    unknown = desk.run("override", "add", "999999", "rating", *WHY)
    assert unknown.exit_code == 2
    assert "sao-mai has no ticket 999999" in unknown.stderr
    assert desk.run("override", "add", late, "rating", *WHY, "--at", "03/04/2026 10:00").exit_code == 2
    assert desk.run("override", "add", late, "rating", *WHY, "--at", "2026-11-20 10:00").exit_code == 0
    (decision,) = desk.told("override", "list")["accounts"][0]["decisions"]
    assert decision["approved_at"] == "2026-11-20T03:00:00+00:00"


def test_decisions_come_from_a_file_too_and_a_bad_row_is_named(desk: "Desk", late: str) -> None:
    (desk.folder / "overrides.csv").write_text(
        "ticket_ref,clock,reason,approved_by,approved_at\n"
        f"{late},First reply,Power cut,lan,2026-11-20 10:00\n999999,rating,x,lan,2026-11-20 10:00\n",
        encoding="utf-8",
    )
    result = desk.run("import", "overrides", "overrides.csv", "--json")
    assert result.exit_code == 5
    assert json.loads(result.stdout)["rows"] == [{"line": 3, "reason": "sao-mai has no ticket 999999"}]
    passed(desk)
    assert overdue(desk, late) == (False, ["exempted by lan: Power cut (overrides.csv:2)"])
    assert overdue(desk, late, "goals_met")[1] == ["exempted by lan: Power cut (overrides.csv:2)"]


def test_only_who_is_above_the_agent_or_approves_everything_may_decide_and_nobody_about_his_own(
    desk: "Desk", late: str
) -> None:
    state = desk.sandbox.state
    an, binh, chi = (str(state.users[each].email) for each in state.account.agent_ids[:3])

    def decided(by: str, *verb: str) -> tuple[int, str]:
        done = desk.run("override", *verb, "--reason", "Power cut.", "--by", by)
        return done.exit_code, done.stderr

    nobody = "is neither above the ticket's agent on that day"
    add = ("add", late, "first_reply")
    assert [decided(by, *add)[0] for by in (chi, "nemo", an)] == [2, 2, 2]
    assert f"{chi} {nobody}" in decided(chi, *add)[1]
    assert "nobody is known as nemo: say an e-mail address or an id" in decided("nemo", *add)[1]
    assert f"{an} cannot decide about what is his own" in decided(an, *add)[1]
    assert desk.told("override", "list")["accounts"][0]["decisions"] == []
    assert decided(binh, *add) == (0, "")
    assert nobody in decided(chi, "remove", late, "first_reply")[1]
    assert decided(binh, "remove", late, "first_reply") == (0, "")
    state.change(int(late), int(agent(desk, 1)), assignee_id=int(agent(desk, 1)))
    passed(desk)
    assert "his own" in decided(binh, *add)[1]
    agreed(desk, chi, an)
    assert decided(an, *add)[0] == 2  # an approver, and yet it is his own
    assert decided(chi, *add) == (0, "")


def test_bad_decisions_of_a_file_are_named_by_their_lines_and_what_stands_is_not_asked_about_again(
    desk: "Desk", late: str
) -> None:
    binh, chi = (str(desk.sandbox.state.users[int(agent(desk, number))].email) for number in (1, 2))
    header = "ticket_ref,clock,reason,approved_by,approved_at\n"
    rows = [
        f"{late},{what},Power cut,{by},2026-11-20 10:00\n"
        for what, by in (
            ("first_reply", binh),
            ("resolution", chi),
            ("rating", agent(desk, 0)),
            ("next_reply", "nobody"),
        )
    ]
    (desk.folder / "overrides.csv").write_text(header + "".join(rows), encoding="utf-8")
    result = desk.run("import", "overrides", "overrides.csv", "--json")
    assert result.exit_code == 5
    told = json.loads(result.stdout)
    assert (told["new"], [row["line"] for row in told["rows"]]) == (1, [3, 4, 5])
    assert [row["reason"].partition(" ")[2][:20] for row in told["rows"]] == [
        "is neither above the",
        "cannot decide about ",
        "is known as nobody: ",
    ]
    kept = desk.told("quarantine", "list", "inputs")["accounts"][0]["rows"]
    assert sorted(row["key"] for row in kept) == [f"overrides.csv:{line}" for line in (3, 4, 5)]
    own = [desk.account(name, sandbox) for name, sandbox in desk.sandboxes.items()]
    desk.configure(*own)  # Bình leads nobody any more: what he decided then goes on standing
    passed(desk)
    again = json.loads(desk.run("import", "overrides", "overrides.csv", "--json").stdout)
    assert (again["same"], [row["line"] for row in again["rows"]]) == (1, [3, 4, 5])


def test_an_agent_or_his_lead_notes_the_dispute_of_a_ticket_that_cannot_be_marked(desk: "Desk", late: str) -> None:
    an, chi = agent(desk, 0), agent(desk, 2)
    refused = desk.run("override", "dispute", late, "--reason", "It is.", "--by", chi)
    assert (refused.exit_code, "is neither above" in refused.stderr) == (2, True)
    assert desk.run("override", "dispute", late, "--reason", "The line was down.", "--by", an).exit_code == 0
    passed(desk)
    assert desk.told("override", "list")["accounts"][0]["disputed"] == [late]
    (open_one,) = desk.told("report", "--agent", an, *month(desk))["reports"][0]["disputed"]
    assert (open_one["ticket_id"], open_one["state"]) == (late, "open")
    assert overdue(desk, late) == (True, [])  # it counts until somebody decides
    assert desk.run("override", "add", late, "first_reply", *WHY).exit_code == 0
    passed(desk)
    assert desk.told("explain", "overdue_count", *month(desk))["disputed"][0]["state"] == "granted"
    assert desk.run("override", "remove", late, "first_reply", *WHY).exit_code == 0
    assert desk.run("override", "remove", late, "disputed", *WHY).exit_code == 0
    passed(desk)
    assert desk.told("override", "list")["accounts"][0]["disputes"] == []


def test_a_dispute_is_listed_until_a_lead_refuses_it_or_exempts(desk: "Desk", late: str) -> None:
    state = desk.sandbox.state
    state.change(int(late), state.account.agent_ids[0], tags=(DISPUTE_TAG,))
    passed(desk)
    assert desk.told("override", "list")["accounts"][0]["disputed"] == [late]
    assert f"{late}: disputed, and nobody has decided" in desk.run("override", "list").stdout
    (open_one,) = desk.told("report", "--agent", agent(desk, 0), *month(desk))["reports"][0]["disputed"]
    assert (open_one["ticket_id"], open_one["state"], open_one["answer"]) == (late, "open", None)
    assert agent(desk, 0) in open_one["subjects"]
    assert desk.told("report", "--agent", agent(desk, 1), *month(desk))["reports"][0]["disputed"] == []
    assert f"ticket {late}: disputed, not decided yet" in desk.run("explain", "overdue_count", *month(desk)).stdout
    assert desk.run("override", "refuse", late, *WHY).exit_code == 0
    assert desk.told("override", "list")["accounts"][0]["disputed"] == []
    assert f"  {late}  dispute refused  lan@saomai.vn, " in desk.run("override", "list").stdout
    passed(desk)
    assert overdue(desk, late) == (True, [])
    answer = "refused by lan@saomai.vn: The exchange was down. (typed "
    (refused,) = desk.told("explain", "overdue_count", *month(desk))["disputed"]
    assert (refused["state"], refused["answer"][: len(answer)]) == ("refused", answer)
    assert desk.told("override", "list")["accounts"][0]["disputes"][0]["state"] == "refused"
    assert f"ticket {late}: disputed, and refused: {answer}" in desk.run("report", *month(desk)).stdout
    assert rows(desk)[late]["disputed"] == "refused"
    assert desk.run("override", "add", late, "first_reply", *WHY).exit_code == 0
    passed(desk)
    (granted,) = desk.told("explain", "overdue_count", *month(desk))["disputed"]
    assert (granted["state"], granted["answer"][:20]) == ("granted", "exempted by lan@saom")


def test_a_tag_of_an_approver_exempts_and_is_named(desk: "Desk", late: str) -> None:
    state = desk.sandbox.state
    lead = state.account.agent_ids[1]
    agreed(desk, str(state.users[lead].email), exempting={"tags": {"spare": "first_reply"}})
    state.change(int(late), lead, tags=("spare",))
    passed(desk)
    counts, (why,) = overdue(desk, late)
    assert (counts, why[:37]) == (False, f"exempted by {state.users[lead].name} with the tag spare ("[:37])
    (on_ticket,) = desk.told("override", "list")["accounts"][0]["on_tickets"]
    assert on_ticket == {"ticket_id": late, "what": "first_reply", "told": why}
    assert why in desk.run("override", "list").stdout
    (told,) = desk.told("report", *month(desk))["reports"][0]["exempted"]
    assert (told["ticket_id"], told["why"], told["subjects"]) == (late, why, [agent(desk, 0)])
    assert f"ticket {late}: {why}" in desk.run("report", *month(desk)).stdout
    assert rows(desk)[late]["exempted"] == why


def test_a_field_exempts_where_the_lead_of_whoever_holds_the_ticket_set_it(desk: "Desk", late: str) -> None:
    state = desk.sandbox.state
    an, lead, other = state.account.agent_ids[:3]
    field = state.account.order_field_id
    agreed(desk, exempting={"leads": True, "fields": {str(field): {"Outage": "first_reply"}}})
    for who, spared in ((other, False), (an, False), (lead, True)):
        state.change(int(late), who, fields={field: None})
        passed(desk)
        state.change(int(late), who, fields={field: "outage"})
        passed(desk)
        counts, left = overdue(desk, late)
        assert counts is not spared
    assert f"exempted by {state.users[lead].name} in the field {field} (" in left[0]


def test_with_several_helpdesks_a_decision_says_on_which(two_desks: "Desk") -> None:
    result = two_desks.run("override", "add", "1", "rating", *WHY)
    assert result.exit_code == 2
    assert "--account is needed; there are: sao-mai, sao-hom" in result.stderr
