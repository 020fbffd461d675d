"""What the simulated company keeps beside its helpdesk: calls, costs, sales, customers, reviews, surveys, all as rows.

The rows are those of the product's own files, by kind; the same seed and tickets give the same rows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import TypeAlias

from connectors.sandbox.world.people import ROOT_CAUSES
from connectors.sandbox.world.working_hours import DAY, OFFSET, next_working

Row: TypeAlias = Mapping[str, object]
Books: TypeAlias = Mapping[str, Sequence[Row]]
"""Rows by the kind of file they belong in."""

_CATEGORIES = (
    ("listening", 1), ("attitude", 1), ("communication", 1), ("solving", 2), ("correctness", 2), ("conciseness", 1),
    ("room_to_speak", 1), ("service_mention", 1),
)  # fmt: skip
_DIMENSIONS = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
_CALLS_A_DAY, _ASKED = 9, 12  # customers asked in a wave of SERVQUAL
_MONDAY, _WEDNESDAY = 0, 2
_COSTS = (("account", "", "salary", 38_000_000), ("channel", "phone", "lines", 4_200_000))


@dataclass(frozen=True, slots=True)
class Served:
    """A ticket that was solved: whose, for whom, when."""

    ticket: str
    customer: str
    agent: str
    at: int


@dataclass(frozen=True, slots=True)
class Company:
    """Who works and who buys there, what was solved, and the days [since, until) that the books tell of.

    Agents and their lead go by their e-mail addresses, customers by the company's own keys, each with the helpdesk's.
    """

    seed: int
    agents: Sequence[str]
    lead: str
    customers: Mapping[str, str]
    served: Sequence[Served]
    since: int
    until: int

    def somebody(self, random: Random) -> str:
        """Return any customer."""
        return random.choice(list(self.customers))

    def random(self, kind: str) -> Random:
        """Return what a kind of rows is drawn by."""
        return Random(f"{self.seed}/{kind}")  # noqa: S311 -- worlds must repeat

    def days(self) -> Iterator[int]:
        """Yield when each of the days begins, by the company's clock, that lie in it whole."""
        yield from range(self.since + -(self.since + OFFSET) % DAY, self.until - DAY, DAY)

    def weeks(self) -> Iterator[str]:
        """Yield the weeks that the days lie in, the first one left out: it began before them."""
        names = {f"{_local(day):%G-W%V}": None for day in range(self.since, self.until, DAY)}
        yield from list(names)[1:]


def books(company: Company) -> Books:
    """Return the rows of each kind."""
    return {kind: list(told(company, company.random(kind))) for kind, told in _TOLD.items()}


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC) + timedelta(seconds=OFFSET)


def _moment(at: int) -> str:
    return f"{_local(at):%Y-%m-%d %H:%M:%S}"


def _instant(moment: str) -> int:
    return int(datetime.fromisoformat(f"{moment}+00:00").timestamp()) - OFFSET


def _happens(random: Random, percent: int) -> bool:
    return random.random() * 100 < percent


def _word(truth: bool) -> str:  # noqa: FBT001 -- a truth is what it is given
    return "true" if truth else "false"


# --- The telephone and what is done of one's own accord ---------------------------------------------------------------


def _calls(company: Company, random: Random) -> Iterator[Row]:
    for number, (at, place) in enumerate((day, place) for day in company.days() for place in range(_CALLS_A_DAY)):
        agent = company.agents[int(len(company.agents) * random.random() ** 1.4)]
        began = next_working(at + random.randrange(DAY) + place, random)
        if began < company.until:
            yield {
                "call_id": f"c-{number + 1}",
                "started_at": _moment(began),
                **_course(random, agent, company.somebody(random)),
            }


def _course(random: Random, agent: str, customer: str) -> Row:
    """Return what became of a call, most of which come in and are answered."""
    waited, asked = 4 + int(80 * random.random() ** 3), random.randrange(1, 4)
    taken = {"agent_ref": agent, "customer_ref": customer}
    told = {
        **taken,
        "talk_s": random.randrange(50, 480),
        "hold_s": random.randrange(60),
        "wrap_s": random.randrange(10, 60),
        "questions": asked,
        "correct": asked - _happens(random, 15),
        "outcome": "answered",
    }
    inbound = {"direction": "inbound", "queue": "cua-hang"}
    courses: tuple[Row, ...] = (
        {**inbound, "wait_s": waited, **told},
        {"direction": "outbound", **told},
        {"direction": "outbound", **taken, "outcome": "no_answer"},
        {**inbound, "wait_s": 2 * waited, "outcome": "abandoned_queue"},
        {**inbound, "agent_ref": agent, "ring_s": 25, "outcome": "missed"},
    )
    return random.choices(courses, (58, 18, 8, 10, 6))[0]


def _outbound(company: Company, random: Random) -> Iterator[Row]:
    for number, day in enumerate(day for day in company.days() for _ in range(2)):
        yield {
            "contact_id": f"o-{number + 1}",
            "contacted_at": _moment(next_working(day, random)),
            "agent_ref": random.choice(company.agents),
            "customer_ref": company.somebody(random),
            "channel": random.choice(("phone", "mail")),
            "purpose": "follow-up",
            "reached": _word(_happens(random, 70)),
        }


def _proposals(company: Company, random: Random) -> Iterator[Row]:
    for number, day in enumerate(day for day in company.days() if _happens(random, 60)):
        yield {
            "proposal_id": f"p-{number + 1}",
            "proposed_at": _moment(next_working(day, random)),
            "agent_ref": random.choice(company.agents),
            "topic": random.choice(("packaging", "delivery", "warranty")),
            "state": random.choice(("proposed", "accepted", "done", "declined")),
            "root_cause": random.choice(("", *ROOT_CAUSES)),
            "link": f"https://example.com/sao-mai/fixes/{number + 1}",
        }


# --- Money and customers ----------------------------------------------------------------------------------------------


def _costs(company: Company, random: Random) -> Iterator[Row]:
    for week in company.weeks():
        for scope, subject, kind, amount in _COSTS:
            spent = round(amount * random.uniform(0.9, 1.1), -3)
            yield _cost(week, scope, subject, kind, spent)
        for agent in company.agents:
            yield _cost(week, "agent", agent, "allowance", 50_000 * random.randrange(2, 9))


def _cost(week: str, scope: str, subject: str, kind: str, amount: float) -> Row:
    told = {"scope": scope, "subject": subject, "cost_type": kind}
    return {"period": week, **told, "amount": int(amount), "currency": "VND"}


def _sales(company: Company, random: Random) -> Iterator[Row]:
    """Yield what some bought after they were helped or called, and what others did whom somebody sent."""
    yield from _sold_by_telephone(company, company.random("sales by telephone"))
    for number, served in enumerate(each for each in company.served if _happens(random, 30)):
        at, helped = served.at + random.randrange(1, 4) * DAY, _happens(random, 50)
        if at < company.until:
            yield {
                "sale_id": f"s-{number + 1}",
                "customer_ref": served.customer,
                "sold_at": _moment(at),
                "amount": 10_000 * random.randrange(15, 600),
                "currency": "VND",
                "source": "support" if helped else "referral",
                "ticket_ref": served.ticket if helped else "",
                "agent_ref": served.agent,
                "referrer_ref": "" if helped else random.choice(company.served[-_ASKED * 4 :]).customer,
            }


def _sold_by_telephone(company: Company, random: Random) -> Iterator[Row]:
    calls = [each for each in _calls(company, company.random("calls")) if each["direction"] == "outbound"]
    for call in (each for each in calls if each["outcome"] == "answered" and _happens(random, 30)):
        at = _instant(str(call["started_at"])) + random.randrange(1, 60) * 3_600
        if at < company.until:
            yield {
                "sale_id": f"t-{call['call_id']}",
                "customer_ref": call["customer_ref"],
                "sold_at": _moment(at),
                "amount": 10_000 * random.randrange(10, 200),
                "currency": "VND",
                "source": "other",
                "ticket_ref": "",
                "agent_ref": call["agent_ref"],
                "referrer_ref": "",
            }


def _customers(company: Company, random: Random) -> Iterator[Row]:
    for number, (customer, requester) in enumerate(company.customers.items()):
        left = _local(company.since + random.randrange(company.until - company.since))
        yield {
            "customer_ref": customer,
            "segment": random.choice(("retail", "retail", "business")),
            "country": "VN",
            "active_from": f"{_local(company.since - (30 + 5 * number) * DAY):%Y-%m-%d}",
            "active_to": f"{left:%Y-%m-%d}" if _happens(random, 8) else "",
            "is_core": _word(_happens(random, 60)),
            "requester_ref": requester,
        }


# --- Reviews and evaluations ------------------------------------------------------------------------------------------


def _reviews(company: Company, random: Random) -> Iterator[Row]:
    for number, served in enumerate(each for each in company.served if _happens(random, 30)):
        at = next_working(served.at + DAY, random)
        for category, weight in _CATEGORIES if at < company.until else ():
            left_out = category == "service_mention" and _happens(random, 30)
            yield {
                "review_id": f"r-{number + 1}",
                "reviewed_at": _moment(at),
                "reviewer": company.lead,
                "agent_ref": served.agent,
                "ticket_ref": served.ticket,
                "scorecard_version": "2026-1",
                "category": category,
                "weight": weight,
                "score": "" if left_out else random.choice((3, 4, 4, 5, 5, 5)),
                "scale_min": 1,
                "scale_max": 5,
                "critical": _word(category == "correctness"),
                "na": _word(left_out),
            }


def _evaluations(company: Company, random: Random) -> Iterator[Row]:
    for week in company.weeks():
        for place, agent in enumerate(company.agents):
            told = {"period": week, "agent_ref": agent}
            colleague = company.agents[place - 1]
            yield from _evaluated(told, company.lead, "manager", ("teamwork", "adaptability", "initiative"), random)
            yield from _evaluated(told, colleague, "peer", ("teamwork", "adaptability"), random)


def _evaluated(told: Row, evaluator: str, role: str, items: Sequence[str], random: Random) -> Iterator[Row]:
    for item in items:
        score = {"item": item, "score": random.choice((3, 4, 4, 5)), "scale_min": 1, "scale_max": 5}
        yield {**told, "evaluator": evaluator, "role": role, **score}


# --- What customers say -----------------------------------------------------------------------------------------------


def _surveys(company: Company, random: Random) -> Iterator[Row]:
    """Yield a question or two to whoever was helped, answered by some; and a wave of SERVQUAL in each week."""
    for number, served in enumerate(company.served):
        asking = (_recommend, _effort, _content)[number % 3]
        sent, after = served.at + 3_600, random.randrange(600, 2 * DAY)
        answered = sent + after if _happens(random, 45) and sent + after < company.until else None
        if sent < company.until:
            for row in asking(random):
                yield {"response_id": f"n-{number + 1}", **_about(served, sent, answered), **_as_told(row, answered)}
    for wave, day in enumerate(each for each in company.days() if _local(each).weekday() == _MONDAY):
        yield from _waves(company, random, wave, day)


def _about(served: Served, sent: int, answered: int | None) -> Row:
    told = {"customer_ref": served.customer, "ticket_ref": served.ticket, "agent_ref": served.agent}
    return {**told, "sent_at": _moment(sent), "answered_at": "" if answered is None else _moment(answered)}


def _as_told(row: Row, answered: int | None) -> Row:
    return row if answered is not None else {**row, "score": ""}


def _recommend(random: Random) -> Iterator[Row]:
    score = random.choice((10, 10, 9, 9, 9, 8, 8, 7, 6, 3))
    yield {"instrument": "nps", "item": "recommend", "score": score, "scale_min": 0, "scale_max": 10}


def _effort(random: Random) -> Iterator[Row]:
    for item in ("effort", "willingness"):
        told = {"instrument": "ces", "item": item, "higher_is_better": "true", "scale_min": 1, "scale_max": 7}
        yield {**told, "score": random.choice((3, 5, 5, 6, 6, 7))}


def _content(random: Random) -> Iterator[Row]:
    score = random.choice((2, 3, 4, 4, 5, 5))
    yield {"instrument": "csat", "item": "satisfaction", "score": score, "scale_min": 1, "scale_max": 5}


def _waves(company: Company, random: Random, wave: int, day: int) -> Iterator[Row]:
    """Yield the answers of a few customers to a pair of questions in each dimension."""
    for place, customer in enumerate(list(company.customers)[:_ASKED]):
        expected = {dimension: random.choice((5, 6, 6, 7)) for dimension in _DIMENSIONS}
        for dimension, kind in product(_DIMENSIONS, ("expectation", "perception")):
            worse = random.choice((0, 0, 1, 2)) if kind == "perception" else 0
            yield {
                "response_id": f"q-{wave + 1}-{place + 1}",
                "instrument": "servqual",
                "item": f"{dimension}-1",
                "dimension": dimension,
                "kind": kind,
                "score": expected[dimension] - worse,
                "scale_min": 1,
                "scale_max": 7,
                "sent_at": _moment(day + 9 * 3_600),
                "answered_at": _moment(day + 10 * 3_600),
                "customer_ref": customer,
            }


def _social(company: Company, random: Random) -> Iterator[Row]:
    for number, day in enumerate(day for day in company.days() if _happens(random, 80)):
        yield {
            "site": random.choice(("Google", "Facebook")),
            "posted_at": _moment(day + random.randrange(DAY)),
            "stars": random.choice((1, 3, 4, 4, 5, 5, 5)),
            "url": f"https://example.com/sao-mai/{number + 1}",
        }


def _compliments(company: Company, random: Random) -> Iterator[Row]:
    for number, served in enumerate(each for each in company.served if _happens(random, 6)):
        if served.at + 7_200 < company.until:
            yield {
                "compliment_id": f"k-{number + 1}",
                "received_at": _moment(served.at + 7_200),
                "agent_ref": served.agent,
                "customer_ref": served.customer,
                "ticket_ref": served.ticket,
                "channel": "phone",
            }


def _articles(company: Company, random: Random) -> Iterator[Row]:
    for number, day in enumerate(day for day in company.days() if _happens(random, 50)):
        yield {
            "contribution_id": f"b-{number + 1}",
            "contributed_at": _moment(next_working(day, random)),
            "agent_ref": random.choice(company.agents),
            "action": random.choice(("written", "updated", "updated", "reviewed")),
        }


def _training(company: Company, random: Random) -> Iterator[Row]:
    for number, day in enumerate(each for each in company.days() if _local(each).weekday() == _WEDNESDAY):
        for agent in company.agents:
            if _happens(random, 50):
                yield {
                    "training_id": f"t-{number + 1}",
                    "completed_at": _moment(day + 16 * 3_600),
                    "agent_ref": agent,
                    "course": "Product safety",
                    "hours": 2,
                    "passed": _word(_happens(random, 90)),
                }


_TOLD: Mapping[str, Callable[[Company, Random], Iterator[Row]]] = {
    "calls": _calls,
    "costs": _costs,
    "sales": _sales,
    "customers": _customers,
    "qa_reviews": _reviews,
    "evaluations": _evaluations,
    "surveys": _surveys,
    "social": _social,
    "compliments": _compliments,
    "proposals": _proposals,
    "knowledge_contributions": _articles,
    "training": _training,
    "outbound_contacts": _outbound,
}
