"""The lives of the simulated account's tickets: ordinary ones, and each kind of awkward one at a fixed rate."""

from collections.abc import Callable
from functools import partial
from random import Random

from connectors.sandbox.world import people
from connectors.sandbox.world.people import DOWNGRADED, SUSPENDED, Account
from connectors.sandbox.world.tale import Tale
from connectors.sandbox.world.texts import COMPLAINTS, GRAVE, ODD_SUBJECTS, QUESTIONS, SUBJECTS, THANKS, WARRANTY
from connectors.sandbox.world.verbs import GONE, Comment, Helpdesk, Opening, RuleChanges, Update, named
from connectors.sandbox.world.working_hours import next_working

CHANNELS = ("web", "mail", "mail", "chat", "mobile", "voice", "messaging")
PRIORITIES = (None, "low", "normal", "normal", "normal", "high", "urgent")
LEFT_DAYS_BEFORE = 14  # how long before the start the departed agents stopped working
EVERY, PLACE = 8, 3  # each 8th ticket is an awkward one
ODD_EVERY, ODD_PLACE = 40, 7  # each 40th has a subject that is meant to break things

VIP_EVERY = 6  # customers
OTHER_BRAND, COMPLAINS, NOTED = 0.2, 0.15, 0.3  # shares of tickets
RATES_GOOD, RATES_BAD, IS_ASKED = 0.30, 0.36, 0.75  # shares, each with those before it


def told(account: Account, random: Random, ordinal: int, at: int, *, early: bool) -> Tale:
    """Return the planned life of the account's `ordinal`-th ticket, opened about `at`; `early`: nobody has left."""
    tale = _tale(account, random, at, early=early)
    if ordinal % ODD_EVERY == ODD_PLACE:
        tale.subject = ODD_SUBJECTS[ordinal // ODD_EVERY % len(ODD_SUBJECTS)]
    if ordinal % EVERY == PLACE:
        AWKWARD[ordinal // EVERY % len(AWKWARD)](tale)
    else:
        ordinary(tale)
    return tale


def _tale(account: Account, random: Random, at: int, *, early: bool) -> Tale:
    able = account.agent_ids if early else account.agent_ids[: min(SUSPENDED, DOWNGRADED)]
    place = int(len(able) * random.random() ** 1.3)
    requester = account.customer_ids[int(len(account.customer_ids) * random.random() ** 1.5)]
    return Tale(random, account, at, able[place], account.group_ids[place % 3], requester, random.choice(SUBJECTS))


def _opening(tale: Tale, **values: object) -> Opening:
    random = tale.random
    priority = random.choice(PRIORITIES)
    chosen: dict[str | int, object] = {"brand_id": tale.account.brand_ids[random.random() < OTHER_BRAND]}
    if priority is not None:
        chosen["priority"] = priority
    tags = _tags(tale, priority)
    if random.random() < COMPLAINS:
        chosen[tale.account.complaint_field_id] = random.choice(people.COMPLAINTS)
        tags = ("khieu_nai", *tags)
    if tags:
        chosen["tags"] = tags
    return Opening(
        requester_id=tale.requester,
        author_id=tale.requester,
        subject=tale.subject,
        comment=Comment(random.choice(QUESTIONS)),
        values=chosen | named(values),
        rules=(RuleChanges(rule_id=tale.account.routing_rule_id, changes={"group_id": tale.group}),),
        channel=random.choice(CHANNELS),
    )


def _tags(tale: Tale, priority: str | None) -> tuple[str, ...]:
    """Return the tags that tell what kind of customer and of matter it is."""
    told = {
        "khach_vip": tale.requester % VIP_EVERY == 0,
        "bao_hanh": tale.subject in WARRANTY,
        "nghiem_trong": priority == "urgent" and tale.subject in GRAVE,
    }
    return tuple(tag for tag, holds in told.items() if holds)


def _opens(tale: Tale, **values: object) -> None:
    tale.opens(_opening(tale, **values))


def _rated(tale: Tale) -> None:
    draw = tale.random.random()
    if draw < RATES_GOOD:
        tale.survey("good", tale.random.choice(THANKS))
    elif draw < RATES_BAD:
        tale.survey("bad", tale.random.choice(COMPLAINTS))
    elif draw < IS_ASKED:
        tale.survey(None)


def ordinary(tale: Tale) -> None:
    """Plan a question, some answers back and forth, a solution, perhaps a rating."""
    random = tale.random
    _opens(tale)
    tale.take(random.choice((5, 20, 60, 200)))
    tale.reply(random.choice((10, 40, 150, 900)))
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        tale.reply(45, status="pending")
        tale.ask(status="open")
    if random.random() < NOTED:
        tale.note()
    tale.solve(random.choice((30, 120, 480, 2500)))
    _rated(tale)


def deleted(tale: Tale) -> None:
    """Spam that an agent deletes."""
    _opens(tale)
    tale.take()
    tale.wait(30)
    tale.then(lambda helpdesk, ticket_id: helpdesk.delete(ticket_id))


def scrubbed(tale: Tale) -> None:
    """Plan a ticket removed for good at the customer's wish."""
    _opens(tale)
    tale.take()
    tale.solve()
    tale.wait(600)
    tale.then(lambda helpdesk, ticket_id: helpdesk.scrub(ticket_id))


def merged(tale: Tale) -> None:
    """Plan a duplicate, merged into an older ticket."""
    _opens(tale)
    tale.take()
    tale.wait(20)
    tale.then(partial(_merge, author=tale.agent))


def _merge(helpdesk: Helpdesk, ticket_id: int, *, author: int) -> None:
    open_ones = (older for older in helpdesk.older(ticket_id) if helpdesk.status_of(older) not in GONE)
    into = next(open_ones, None)
    if into is not None:
        helpdesk.merge(ticket_id, into, author)


def reopened(tale: Tale) -> None:
    """Solved, then the customer comes back."""
    ordinary(tale)
    del tale.steps[-1:]
    tale.solve(30)
    tale.ask(600, status="open")
    tale.reply(60)
    tale.solve(60)
    _rated(tale)


def opened_by_agent(tale: Tale) -> None:
    """Plan an agent writes to a customer first."""
    _opened_by(tale, public=True)
    tale.ask(300, status="open")
    tale.solve()


def opened_in_private(tale: Tale) -> None:
    """Plan an agent opens a ticket with a note and answers in public later."""
    _opened_by(tale, public=False)
    tale.reply(90)
    tale.solve()


def _opened_by(tale: Tale, *, public: bool) -> None:
    first = _opening(tale, assignee_id=tale.agent, status="open")
    tale.at = tale.clock = next_working(tale.at, tale.random)
    tale.opens(
        Opening(
            requester_id=tale.requester, author_id=tale.agent, subject=tale.subject,
            comment=Comment("Bên em xin thông báo.", public), values=first.values, rules=first.rules,
        )
    )  # fmt: skip


def never_replied(tale: Tale) -> None:
    """Plan a ticket nobody answers."""
    _opens(tale)
    tale.wait(600)
    tale.ask()


def trigger_after_agent(tale: Tale) -> None:
    """Two status changes in one audit: the agent's, then a trigger's."""
    _opens(tale)
    tale.assigned_by_trigger()
    tale.ask(status="open")
    tale.solve()


def passed_on(tale: Tale) -> None:
    """Handed to another agent shortly before it would be late."""
    _opens(tale, priority="urgent")
    tale.take(5)
    tale.hand_over(_other(tale), tale.account.group_ids[1], 40)
    tale.reply(30)
    tale.solve()
    _rated(tale)


def _other(tale: Tale) -> int:
    return tale.account.agent_ids[(tale.account.agent_ids.index(tale.agent) + 1) % SUSPENDED]


def solved_in_silence(tale: Tale) -> None:
    """Solved without any reply."""
    _opens(tale)
    tale.take()
    tale.change(60, status="solved")


def jumped_to_closed(tale: Tale) -> None:
    """Let it be closed by an automation without having been solved."""
    _opens(tale)
    tale.take()
    tale.wait(60)
    tale.then(lambda helpdesk, ticket_id: helpdesk.close(ticket_id))


def waited(tale: Tale) -> None:
    """Long stretches of waiting, for the customer and for a supplier."""
    _opens(tale)
    tale.take()
    tale.reply(60, status="pending")
    tale.ask(1200, status="open")
    tale.note(60, status="hold")
    tale.change(2000, status="open")
    tale.solve()
    _rated(tale)


def held_for_supplier(tale: Tale) -> None:
    """On hold in the account's own status."""
    _opens(tale)
    tale.take()
    tale.wait(60)
    agent = tale.agent
    tale.then(lambda helpdesk, ticket_id: helpdesk.wait_for_supplier(ticket_id, agent))
    tale.reply(600, status="open")
    tale.solve()


def made_urgent(tale: Tale) -> None:
    """Plan the priority changes midway."""
    _opens(tale, priority="low")
    tale.take()
    tale.change(120, priority="urgent")
    tale.reply()
    tale.solve()
    _rated(tale)


def on_behalf(tale: Tale) -> None:
    """Plan an agent files a call: he submits, the customer is the requester and speaks the first words."""
    tale.at = tale.clock = next_working(tale.at, tale.random)
    first = _opening(tale)
    said = Comment(first.comment.body, author_id=tale.requester)
    tale.opens(
        Opening(
            requester_id=tale.requester, author_id=tale.agent, subject=tale.subject, comment=said,
            values=first.values, rules=first.rules, channel="voice",
        )
    )  # fmt: skip
    tale.take()
    tale.solve()


def asked_by_agent(tale: Tale) -> None:
    """Plan the requester is an agent himself."""
    tale.requester = _other(tale)
    _opens(tale)
    tale.take()
    tale.reply()
    tale.solve()


def answered_by_bot(tale: Tale) -> None:
    """Plan an integration answers at once, a person later."""
    _opens(tale)
    tale.clock += 15
    said = Comment("Chúng tôi đã nhận được yêu cầu.")
    tale.update(Update(author_id=tale.account.bot_id, comment=said, channel="api"))
    tale.take()
    tale.reply(120)
    tale.solve()
    _rated(tale)


def _solved(tale: Tale) -> None:
    _opens(tale)
    tale.take()
    tale.reply()
    tale.solve()


def rated_good(tale: Tale) -> None:
    """Plan a satisfied customer."""
    _solved(tale)
    tale.survey("good", "Rất hài lòng <3")


def rated_bad(tale: Tale) -> None:
    """Plan an unsatisfied customer."""
    _solved(tale)
    tale.survey("bad", "=1+1 Quá chậm")


def changed_his_mind(tale: Tale) -> None:
    """Rated bad, then good."""
    _solved(tale)
    tale.survey("bad", "Chưa xong.")
    tale.rate("good", "Đã xong, cảm ơn.")


def withdrew(tale: Tale) -> None:
    """Rated, then withdrew the rating."""
    _solved(tale)
    tale.survey("bad")
    tale.rate("offered")


def rated_after_handover(tale: Tale) -> None:
    """Rated bad, then passed on; another rating comes after a handover."""
    _solved(tale)
    tale.survey("bad", "Không ai gọi lại.")
    tale.hand_over(_other(tale), tale.account.group_ids[2])


def handed_over_before_rating(tale: Tale) -> None:
    """Pass it on after the solution, and only then rated."""
    _solved(tale)
    tale.hand_over(_other(tale), tale.account.group_ids[2])
    tale.survey("bad")


def _tagged(tag: str) -> Callable[[Tale], None]:
    def life(tale: Tale) -> None:
        _opens(tale, tags=(tag,))
        tale.take()
        tale.solve()

    return life


def answered_by_machine(tale: Tale) -> None:
    """Plan a conversation that only the AI agent has."""
    first = _opening(tale)
    tale.opens(
        Opening(
            requester_id=tale.requester, author_id=tale.requester, subject=tale.subject, comment=first.comment,
            channel="messaging", support_type="ai_agent",
        )
    )  # fmt: skip
    tale.clock += 20
    said = Comment("Tôi là trợ lý tự động.")
    tale.update(Update(author_id=tale.account.bot_id, comment=said, changes={"status": "solved"}, channel="messaging"))


def recalculated(tale: Tale) -> None:
    """Let the helpdesk recalculate something inside, which nobody did."""
    _solved(tale)
    tale.wait(400)
    tale.then(lambda helpdesk, ticket_id: helpdesk.recalculate(ticket_id))


AWKWARD: tuple[Callable[[Tale], None], ...] = (
    reopened, merged, passed_on, rated_bad, deleted, waited, changed_his_mind, trigger_after_agent, scrubbed,
    solved_in_silence, rated_after_handover, opened_by_agent, never_replied, withdrew, jumped_to_closed,
    made_urgent, on_behalf, opened_in_private, handed_over_before_rating, asked_by_agent, answered_by_bot,
    _tagged("test"), held_for_supplier, rated_good, answered_by_machine, _tagged("internal"),
    recalculated,
)  # fmt: skip
