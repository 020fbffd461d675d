"""What customers, reviewers and books say, from files: imported, reduced, explained, and shown in both languages."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.books import CALL_WINDOW, WINDOW
from sync.documents import indicators_document
from sync.examples import EXAMPLES

if TYPE_CHECKING:
    from conftest import Desk


NOVEMBER = ("--period", "2026-11")


@pytest.fixture
def known(known_apart: "Desk") -> "Desk":
    return known_apart


def bring(desk: "Desk", kind: str, text: str) -> None:
    (desk.folder / f"{kind}.csv").write_text(text, encoding="utf-8")
    result = desk.run("import", kind, f"{kind}.csv")
    assert result.exit_code == 0, result.output


def explained(desk: "Desk", key: str, *options: str) -> Any:  # noqa: ANN401 -- JSON
    return desk.told("explain", key, *(options or NOVEMBER))


def test_the_examples_worked_by_hand_come_out_of_the_files_as_they_stand(known: "Desk") -> None:
    document, brought = indicators_document(), set()
    for key, example in EXAMPLES.items():
        assert example.file in document
        assert all(step in document for step in example.steps)
        if example.file not in brought:
            bring(known, example.kind, example.file)
            brought.add(example.file)
        told = explained(known, key)
        assert told["figure"]["value"] == pytest.approx(example.value, abs=1e-9), key
        assert {line["source"].partition(":")[0] for line in told["lines"]} == {f"{example.kind}.csv"}
        assert f"## `{key}`" in document
        assert key in INDICATORS
    net = explained(known, "net_promoter_score")
    assert (round(net["figure"]["high"] - 25, 1), net["figure"]["n"], net["figure"]["enough"]) == (57.5, 8, False)
    (left,) = explained(known, "customer_effort")["omitted"]
    assert (left["reason"], left["source"]) == ("wording_unknown", "surveys.csv:7")
    shown = known.run("explain", "customer_effort", *NOVEMBER).stdout
    assert "surveys.csv:7" in shown
    assert "higher_is_better" in shown


SENT = (
    "response_id,instrument,item,score,scale_min,scale_max,higher_is_better,"
    "sent_at,answered_at,customer_ref,ticket_ref\n"
)


def test_who_answered_stands_beside_the_figures_of_files_too(known: "Desk") -> None:
    """Ten surveys a kind about tickets solved in a week, of which the first four are answered, with the best score."""
    solved = solved_in(known, WEEK)[:10]
    kinds = (("nps", "recommend", 0, 10), ("ces", "effort", 1, 7), ("csat", "satisfaction", 1, 5))
    rows = [
        f"{kind}-{place},{kind},{item},{best if place < 4 else ''},{low},{best},true,2026-11-12 09:00,"
        f"{'2026-11-12 10:00' if place < 4 else ''},KH-{place},{ticket}\n"
        for kind, item, low, best in kinds
        for place, ticket in enumerate(solved)
    ]
    bring(known, "surveys", SENT + "".join(rows))
    (report,) = known.told("report", *WEEK, "--scope", "account", "--surveys")["reports"]
    told = {each["survey"]: each for each in report["surveys"]}
    assert list(told) == ["ratings", "csat", "nps", "ces"]
    for kind, (worst, best) in {"nps": (-20, 100), "ces": (3.4, 7), "csat": (0.4, 1)}.items():
        each = told[kind]
        assert (each["eligible"], each["answered"], each["response_rate"]) == (10, 4, 0.4)
        assert (each["value"], each["weighed"], each["worst"], each["best"]) == (best, best, worst, best)
        assert each["bias"]["gap"] > 0
        assert each["enough"] is False
    told_of = known.told("explain", "net_promoter_score", *WEEK)["surveys"]
    assert [(each["survey"], each["answered"], each["worst"], each["best"]) for each in told_of] == [
        ("nps", 4, -20, 100)
    ]
    assert known.told("explain", "created", *WEEK)["surveys"] == []
    said = " ".join(known.run("explain", "net_promoter_score", *WEEK).stdout.split())
    assert "Net promoter score: answered 40% (4 of 10); bias" in said
    assert "weighed (n=4), worst to best" in said
    channels = {row["kind"] for row in report["silences"]["nps"]["channel"]}
    tickets = known.sandbox.state.tickets
    assert len(channels) == len({tickets[int(each)].channel for each in solved})
    agents = known.told("report", *WEEK, "--surveys")["reports"][0]["surveys"]
    assert [each["subject"] for each in agents if each["survey"] == "ces"] == [None], "no row names an agent"
    english = " ".join(known.run("report", *WEEK, "--scope", "account", "--surveys").stdout.split())
    assert "Beside the net promoter surveys: those sent in the period" in english
    assert "Where surveys go unanswered (ces), by Channel" in english
    known.configure(known.account("sao-mai", known.sandbox), language="vi")
    assert "Bên cạnh khảo sát giới thiệu" in known.run("report", *WEEK, "--scope", "account").stdout


def test_a_compliment_counts_once_with_the_good_rating_of_its_ticket(known: "Desk") -> None:
    rated = explained(known, "positive_feedback")["lines"]
    ticket, at = rated[0]["ticket_id"], rated[0]["at"]
    other = next(each for each in solved_in(known, WEEK) if each not in {line["ticket_id"] for line in rated})
    email = known.sandbox.state.users[known.sandbox.state.account.agent_ids[0]].email
    stamp = datetime.fromtimestamp(at, UTC).isoformat()
    rows = [f"k-1,{stamp},{email},{ticket}", f"k-2,{stamp},{email},{other}", f"k-3,{stamp},{email},{other}"]
    rows += [f"k-4,{stamp},{email},", f"k-5,{stamp},{email},"]
    bring(known, "compliments", "compliment_id,received_at,agent_ref,ticket_ref\n" + "\n".join(rows) + "\n")
    assert explained(known, "compliments")["figure"]["value"] == 5
    told = explained(known, "positive_feedback")
    assert told["figure"]["value"] == len(rated) + 3, "one for the other ticket, and two that are about none"
    assert {line["source"] for line in told["lines"]} == {
        None,
        "compliments.csv:3",
        "compliments.csv:5",
        "compliments.csv:6",
    }
    assert "Compliments" in known.run("report", *NOVEMBER, "--indicator", "compliments").stdout


# --- Books ------------------------------------------------------------------------------------------------------------

COSTS = """\
period,scope,subject,cost_type,amount,currency
2026-W46,account,,salary,900000,VND
2026-W46,agent,{agent},bonus,100000,VND
2026-W46,account,,licences,50,USD
2026-W46,account,,rent,70,
"""
WEEK = ("--period", "2026-W46")


def solved_in(desk: "Desk", week: tuple[str, ...]) -> list[str]:
    return [str(line["ticket_id"]) for line in explained(desk, "solved", *week)["lines"]]


def test_a_missing_currency_is_refused_and_two_are_never_added_up(known: "Desk") -> None:
    account = known.sandbox.state.account
    email = str(known.sandbox.state.users[account.agent_ids[0]].email)
    (known.folder / "costs.csv").write_text(COSTS.format(agent=email), encoding="utf-8")
    result = known.run("import", "costs", "costs.csv")
    assert (result.exit_code, "costs.csv:5: currency is empty" in result.stdout) == (5, True)
    found = explained(known, "support_cost", *WEEK)
    assert (found["figure"]["value"], found["figure"]["series"]) == (1_000_000, "VND")
    assert [each["reason"] for each in found["omitted"]] == ["other_currency"]
    his = explained(known, "support_cost", "--agent", str(account.agent_ids[0]), *WEEK)
    assert his["figure"]["value"] == 100_000
    each = explained(known, "cost_per_interaction", *WEEK)["figure"]
    created = explained(known, "created", *WEEK)["figure"]["n"]
    assert each["value"] == pytest.approx(1_000_000 / created)
    english = known.run("explain", "support_cost", *WEEK)
    assert "1,000,000 VND" in english.stdout
    known.configure(known.account("sao-mai", known.sandbox), language="vi")
    shown = known.run("explain", "support_cost", *WEEK).stdout
    assert "1.000.000 VND" in shown
    assert "đơn vị tiền tệ khác" in shown


def test_a_sale_belongs_to_its_customers_last_ticket_and_a_core_customer_goes_through_the_funnel(
    known: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    created = {line["ticket_id"]: line["at"] for line in explained(known, "created", *WEEK)["lines"]}
    solved = [ticket for ticket in solved_in(known, WEEK) if ticket in created]
    first, second = solved[:2]
    buyer = known.sandbox.state.tickets[int(second)].requester_id
    sold_at = datetime.fromtimestamp(created[second] + 600, UTC).isoformat()
    head = "sale_id,customer_ref,sold_at,amount,currency,source,ticket_ref,agent_ref,referrer_ref\n"
    rows = [
        f"s-1,KH-9,2026-11-15 22:00,100,VND,support,{first},,",
        f"s-2,KH-1,{sold_at},100,VND,support,,,KH-1",
        "s-3,KH-2,2026-11-20 00:30,100,VND,support,,,",
        "s-4,KH-1,2026-11-01 00:30,100,VND,support,,,",
    ]
    bring(known, "sales", head + "".join(f"{row}\n" for row in rows))
    bring(
        known,
        "customers",
        f"customer_ref,active_from,is_core,requester_ref\nKH-1,2026-01-01,true,{buyer}\nKH-7,2026-01-01,,\n",
    )
    assert explained(known, "support_to_sale_rate", *WEEK)["figure"]["n"] == 0, "thirty days are not over"
    monkeypatch.setattr("sync.facts.WINDOW", replace(WINDOW, default=3600))
    told = explained(known, "support_to_sale_rate", *WEEK)
    assert told["figure"]["n"] == len(solved_in(known, WEEK)), "the time is over for all"
    assert {line["ticket_id"] for line in told["lines"] if line["numerator"]} == {first, second}
    served = explained(known, "funnel_referrers", *WEEK)["lines"]
    assert {line["numerator"] & 12 for line in served if line["part"] == str(buyer)} == {12}
    referred = explained(known, "referral_rate", *WEEK)["figure"]
    assert (referred["numerator"], referred["denominator"]) == (1, 1)
    assert explained(known, "retention", *NOVEMBER)["figure"]["value"] == 1
    assert explained(known, "retention_served", *NOVEMBER)["figure"]["n"] == 1
    beside = explained(known, "retention_not_served", *NOVEMBER)["figure"]
    assert (beside["n"], beside["value"]) == (1, 1), "KH-7 wrote nothing, and stays"
    shown = known.run("report", *NOVEMBER)
    assert shown.exit_code == 0, shown.output


REVIEW = (
    "review_id,reviewed_at,reviewer,agent_ref,ticket_ref,scorecard_version,category,weight,score,scale_min,scale_max\n"
)


def test_reviews_cover_the_tickets_they_name_once_each_and_no_more(known: "Desk") -> None:
    """Three reviews of two tickets solved in the week, one of a ticket of another week, and one of no ticket."""
    agent, solved = str(known.sandbox.state.account.agent_ids[0]), solved_in(known, WEEK)
    other = next(each for each in explained(known, "solved", *NOVEMBER)["lines"] if each["ticket_id"] not in solved)
    about = (solved[0], solved[0], solved[1], other["ticket_id"], "")
    rows = [f"r-{n},2026-11-20 10:0{n},lead,{agent},{ticket},1,care,1,4,1,5\n" for n, ticket in enumerate(about)]
    bring(known, "qa_reviews", REVIEW + "".join(rows))
    told = explained(known, "review_coverage", *WEEK)
    assert (told["figure"]["numerator"], told["figure"]["denominator"]) == (2, len(solved))
    assert {line["ticket_id"] for line in told["lines"] if line["numerator"]} == set(solved[:2])


def test_a_sale_counts_once_at_the_last_call_before_it_that_reached_its_customer(
    known: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    """An called KH-1 twice, KH-2 in vain and then well; Bình called KH-1 after both of An's, and KH-3 who never bought.

    s-1 names no agent: it is of Bình's call. s-2 names An: it is of An's last one. s-3 came before any call, s-4 too
    late after one.
    """
    an, binh = (str(each) for each in known.sandbox.state.account.agent_ids[:2])
    calls = [
        f"c-1,2026-11-10 09:00,outbound,{an},KH-1,60,answered",
        f"c-2,2026-11-10 10:00,outbound,{an},KH-1,60,answered",
        f"c-3,2026-11-10 10:30,outbound,{an},KH-2,,busy",
        f"c-4,2026-11-11 09:00,outbound,{an},KH-2,60,answered",
        f"c-5,2026-11-11 10:00,outbound,{binh},KH-1,60,answered",
        f"c-6,2026-11-11 11:00,outbound,{binh},KH-3,60,answered",
        f"c-7,2026-11-11 12:00,outbound,{binh},,60,answered",
        f"c-8,2026-11-11 12:00,inbound,{binh},KH-4,60,answered",
    ]
    sales = [
        "s-1,KH-1,2026-11-11 12:00,300,VND,other,",
        f"s-2,KH-1,2026-11-11 12:30,500.5,VND,other,{an}",
        "s-3,KH-3,2026-11-11 10:59,700,VND,other,",
        "s-4,KH-2,2026-11-13 09:00,900,VND,other,",
        "s-5,KH-4,2026-11-11 13:00,900,VND,other,",
        "s-6,KH-1,2026-11-11 13:00,7,USD,other,",
    ]
    bring(known, "calls", "call_id,started_at,direction,agent_ref,customer_ref,talk_s,outcome\n" + "\n".join(calls))
    bring(known, "sales", "sale_id,customer_ref,sold_at,amount,currency,source,agent_ref\n" + "\n".join(sales))
    assert explained(known, "sales_per_call", *WEEK)["figure"]["n"] == 0, "thirty days are not over"
    monkeypatch.setattr("sync.facts.CALL_WINDOW", replace(CALL_WINDOW, default=2 * 86_400 - 1))
    told = explained(known, "sales_per_call", *WEEK)["figure"]
    assert (told["numerator"], told["denominator"]) == (3, 5)
    his = explained(known, "sales_per_call", "--agent", an, *WEEK)["lines"]
    assert sorted(line["numerator"] for line in his) == [0, 0, 1]
    earned = explained(known, "revenue_per_call", *WEEK)["figure"]
    assert (earned["value"], earned["series"], earned["n"]) == (pytest.approx((300 + 500.5) / 5), "VND", 5)


def test_others_who_wait_while_an_agent_is_on_the_telephone_with_one_customer_are_counted(known: "Desk") -> None:
    agent = str(known.sandbox.state.account.agent_ids[1])
    head = "call_id,started_at,direction,agent_ref,customer_ref,talk_s,outcome\n"
    bring(known, "calls", f"{head}c-1,2026-11-15 09:00,inbound,{agent},KH-1,14400,answered\n")
    told = explained(known, "customers_waiting", "--agent", agent, *WEEK)
    start = int(datetime.fromisoformat("2026-11-15T09:00+07:00").timestamp())
    assert told["figure"]["value"] == len({line["part"] for line in told["lines"]}) > 0
    assert all(start <= line["at"] < start + 14_400 for line in told["lines"])
    held = {line["part"] for line in explained(known, "customers_served", "--agent", agent, *WEEK)["lines"]}
    assert {line["part"] for line in told["lines"]} <= held
    other = str(known.sandbox.state.account.agent_ids[0])
    assert explained(known, "customers_waiting", "--agent", other, *WEEK)["figure"]["value"] == 0
