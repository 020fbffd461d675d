"""What the simulated account holds, and the verbs by which people, rules and the API change it."""

from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from itertools import count
from operator import attrgetter

from connectors.sandbox.agenda import WorldTime
from connectors.sandbox.world.verbs import (
    CLOSES_AFTER,
    SYSTEM_USER,
    Comment,
    Created,
    Opening,
    Row,
    RuleChanges,
    Update,
    Values,
    named,
)
from connectors.sandbox.zendesk.account import (
    BRANDS,
    CLOSING_AUTOMATION,
    ESCALATION_TRIGGER,
    FORM,
    SURVEY_AUTOMATION,
    Setup,
)
from connectors.sandbox.zendesk.export_order import ExportOrder
from connectors.sandbox.zendesk.records import (
    Audit,
    Child,
    CustomField,
    CustomStatus,
    Job,
    Rating,
    SlaPolicy,
    Survey,
    Ticket,
    User,
)

FIRST_AUDIT = 6_164_068_000_000
FIRST_RATING = 6_190_000_000_000
LAGS = (0,) * 54 + (1,) * 31 + (2,) * 14 + (3,)  # seconds from updated_at to generated_timestamp, as recorded


def _automatic(author: int, values: Values) -> Update:
    """Return a trigger's changes inside a person's update, or an automation's own update."""
    if author == SYSTEM_USER:
        return Update(author_id=author, changes=values, channel="rule", rule_id=ESCALATION_TRIGGER)
    return Update(author_id=author, rules=(RuleChanges(rule_id=ESCALATION_TRIGGER, changes=values),))


class State:
    """The account's content. Verbs act at the world's present second and leave an audit, as Zendesk does."""

    def __init__(self, setup: Setup, world: WorldTime) -> None:
        self.world = world
        self.account = setup.account
        self.users = setup.users
        self.groups = setup.groups
        self.memberships = setup.memberships
        self.schedules = setup.schedules
        self.custom_statuses = setup.statuses
        self.ticket_fields = setup.ticket_fields
        self.user_fields = setup.user_fields
        self.tickets: dict[int, Ticket] = {}
        self.audits: list[Audit] = []
        self.bodies: dict[int, str] = {}  # a comment's words by the id of its child event
        self.ratings: dict[int, Rating] = {}
        self.surveys: dict[int, Survey] = {}  # by ticket
        self.sla_policies: list[SlaPolicy] = []
        self.group_sla_policies: list[SlaPolicy] = []
        self.metric_events: list[tuple[int, Row]] = []  # (second, row) of what is ordered beside the usual ones
        self._audits_of: dict[int, list[Audit]] = {}
        self.jobs: dict[str, Job] = {}
        self.by_external_id: dict[str, list[int]] = {}
        self.notifications: list[tuple[int, int]] = []  # (ticket, user) e-mails that triggers sent
        self.order = ExportOrder()
        self.ids = setup.ids
        self.next_audit_id = FIRST_AUDIT
        self.create_ticket = Created(self.account, self.open)
        self._ticket_ids = count(1)
        self._rating_ids = count(FIRST_RATING, 7)
        self._statuses = {status.category: status.id for status in reversed(setup.statuses) if status.default}
        self._categories = {status.id: status.category for status in setup.statuses}

    # -- looking ------------------------------------------------------------------------------------------------

    def audits_of(self, ticket_id: int) -> list[Audit]:
        """Return a ticket's audits, oldest first."""
        return self._audits_of.get(ticket_id, [])

    def audits_from(self, second: int) -> int:
        """Return the place of the first audit at `second` or later."""
        return bisect_left(self.audits, second, key=attrgetter("at"))

    def comments_of(self, ticket_id: int) -> Iterator[tuple[Child, str]]:
        """Yield a ticket's comments with their words, oldest first."""
        for audit in self.audits_of(ticket_id):
            for place, child in enumerate(audit.children, start=1):
                if child.kind == "Comment":
                    yield child, self.bodies[audit.id + place]

    def status_id(self, category: str) -> int:
        """Return the default custom status of a status category (closed keeps the solved one)."""
        return self._statuses["solved" if category == "closed" else category]

    def category_of(self, custom_status_id: int) -> str | None:
        """Return the status category of a custom status, None when there is no such status."""
        return self._categories.get(custom_status_id)

    def status_of(self, ticket_id: int) -> str:
        """Return a ticket's status."""
        return self.tickets[ticket_id].status

    def older(self, ticket_id: int) -> Iterator[int]:
        """Yield the ids of the tickets before this one, newest first."""
        yield from range(ticket_id - 1, 0, -1)

    # -- general verbs ------------------------------------------------------------------------------------------

    def open(self, opening: Opening) -> Ticket:
        """Create a ticket as described."""
        now = self.world.second
        ticket = Ticket(
            id=next(self._ticket_ids),
            created_at=now if opening.created_at is None else opening.created_at,
            updated_at=now,
            generated_at=now,
            subject=opening.subject,
            description=opening.comment.body,
            requester_id=opening.requester_id,
            submitter_id=opening.author_id,
            channel=opening.channel,
            brand_id=BRANDS[0],
            ticket_form_id=FORM,
            custom_status_id=self.status_id("new"),
            is_public=opening.comment.public,
            support_type=opening.support_type,
        )
        self.tickets[ticket.id] = ticket
        children = [*self._creation(ticket, opening.values)]
        for rule in opening.rules:
            children += self._changes(ticket, rule.changes, rule.rule_id)
        spoken = Update(author_id=opening.author_id, comment=opening.comment, channel=opening.channel)
        self._record(ticket, spoken, children)
        return ticket

    def begin(self, opening: Opening) -> int:
        """Create a ticket as described and return its id."""
        return self.open(opening).id

    def update(self, ticket_id: int, update: Update) -> Audit:
        """Update a ticket: its author's words and changes, then the rules', in one audit."""
        ticket = self.tickets[ticket_id]
        children = self._changes(ticket, update.changes, update.rule_id)
        for rule in update.rules:
            children += self._changes(ticket, rule.changes, rule.rule_id)
        return self._record(ticket, update, children)

    def _creation(self, ticket: Ticket, values: Values) -> Iterator[Child]:
        for name, value in values.items():
            self._set(ticket, name, value)
        shown = {"status": ticket.status, "requester_id": ticket.requester_id, "brand_id": ticket.brand_id}
        for name, value in (shown | dict(values)).items():
            if value not in (None, (), "") and name != "external_id":
                yield Child("Create", name, value)

    def _changes(self, ticket: Ticket, changes: Values, rule_id: int | None) -> list[Child]:
        children = []
        for name, value in changes.items():
            previous = self._value(ticket, name)
            if previous != value:
                self._set(ticket, name, value)
                children.append(Child("Change", name, value, previous, rule_id=rule_id))
        return children

    def _value(self, ticket: Ticket, name: str | int) -> object:
        return ticket.fields.get(name) if isinstance(name, int) else getattr(ticket, name)

    def _set(self, ticket: Ticket, name: str | int, value: object) -> None:
        if isinstance(name, int):
            self._set_field(ticket, name, value)
            return
        setattr(ticket, name, value)
        if name == "status":
            self._enter_status(ticket, str(value))
        elif name == "custom_status_id" and isinstance(value, int):
            ticket.status = self._categories[value]
        elif name == "external_id" and isinstance(value, str):
            self.by_external_id.setdefault(value, []).append(ticket.id)

    def _set_field(self, ticket: Ticket, field_id: int, value: object) -> None:
        if value is None:
            ticket.fields.pop(field_id, None)
        else:
            ticket.fields[field_id] = value

    def _enter_status(self, ticket: Ticket, status: str) -> None:
        now = self.world.second
        ticket.custom_status_id = self.status_id(status)
        if status == "solved":
            ticket.solved_at = now
            self.world.agenda.add(now + CLOSES_AFTER, partial(self._close_if_left_alone, ticket, now))
        elif status == "closed":
            ticket.closed_at = now

    def _close_if_left_alone(self, ticket: Ticket, solved_at: int) -> None:
        if ticket.status == "solved" and ticket.solved_at == solved_at:
            self.close(ticket.id)

    def _record(self, ticket: Ticket, update: Update, children: list[Child]) -> Audit:
        audit_id = self.next_audit_id
        if (comment := update.comment) is not None:
            speaker = update.author_id if comment.author_id is None else comment.author_id
            children.insert(0, Child("Comment", author_id=speaker, public=comment.public, rule_id=update.rule_id))
            self.bodies[audit_id + 1] = comment.body
            ticket.is_public = ticket.is_public or comment.public
        audit = Audit(
            audit_id, ticket.id, self.world.second, update.author_id, update.channel, tuple(children),
            update.rule_id, update.metadata, update.source,
        )  # fmt: skip
        self.next_audit_id += len(children) + 1
        self.audits.append(audit)
        self._audits_of.setdefault(ticket.id, []).append(audit)
        ticket.last_audit_id = audit_id
        self._touch(ticket)
        return audit

    def _touch(self, ticket: Ticket) -> None:
        ticket.updated_at = self.world.second
        lag = LAGS[(self.next_audit_id * 2_654_435_761 >> 8) % len(LAGS)]
        ticket.generated_at = max(ticket.generated_at, ticket.updated_at + lag)
        self.order.move(ticket.id, ticket.generated_at)

    # -- verbs a story is told with -----------------------------------------------------------------------------

    def comment(
        self, ticket_id: int, author: int, *, public: bool = True, body: str = "Vâng ạ.", **changes: object
    ) -> Audit:
        """Say something, changing properties in the same update; a requester's words wake a ticket that waits."""
        ticket = self.tickets[ticket_id]
        if author == ticket.requester_id and ticket.status in {"pending", "hold", "solved"}:
            changes.setdefault("status", "open")
        return self.update(ticket_id, Update(author_id=author, comment=Comment(body, public), changes=named(changes)))

    def change(
        self,
        ticket_id: int,
        author: int = SYSTEM_USER,
        *,
        automatic: bool = False,
        fields: Values | None = None,
        **changes: object,
    ) -> Audit:
        """Change properties and custom fields (`fields`, by id); `automatic`: a trigger does, in `author`'s update."""
        values = named(changes, fields)
        if automatic:
            return self.update(ticket_id, _automatic(author, values))
        return self.update(ticket_id, Update(author_id=author, changes=values))

    def close(self, ticket_id: int) -> Audit:
        """Close a ticket as Zendesk's default automation does."""
        return self.update(
            ticket_id,
            Update(author_id=SYSTEM_USER, changes={"status": "closed"}, rule_id=CLOSING_AUTOMATION, channel="rule"),
        )

    def wait_for_supplier(self, ticket_id: int, author: int) -> Audit:
        """Put a ticket on hold in the account's own status."""
        own = next(status for status in self.custom_statuses if not status.default)
        return self.update(ticket_id, Update(author_id=author, changes={"custom_status_id": own.id}))

    def merge(self, ticket_id: int, into: int, author: int) -> None:
        """Merge a ticket into another: it closes with Zendesk's tag, the other gets a comment."""
        source = self.tickets[ticket_id]
        said = Comment(f"Yêu cầu #{ticket_id} đã được gộp vào yêu cầu này.", public=False)
        came: Row = {"from": {"ticket_id": ticket_id}, "to": {}, "rel": "merge"}
        self.update(into, Update(author_id=author, comment=said, channel="web", source=came))
        closing: Values = {"tags": (*source.tags, "closed_by_merge"), "status": "closed"}
        said = Comment(f"Đã gộp vào yêu cầu #{into}.", public=False)
        self.update(ticket_id, Update(author_id=author, comment=said, changes=closing, channel="merge"))

    def delete(self, ticket_id: int) -> None:
        """Delete a ticket: it stays in the export with the status deleted and no longer answers."""
        ticket = self.tickets[ticket_id]
        ticket.status = "deleted"
        self._touch(ticket)

    def scrub(self, ticket_id: int) -> None:
        """Delete a ticket for good: its words are gone."""
        self.delete(ticket_id)
        ticket = self.tickets[ticket_id]
        ticket.subject, ticket.description = "SCRUBBED", "X"

    def recalculate(self, ticket_id: int) -> None:
        """Let Zendesk recalculate something inside: generated_timestamp moves, updated_at does not."""
        ticket = self.tickets[ticket_id]
        updated_at = ticket.updated_at
        self._touch(ticket)
        ticket.updated_at = updated_at

    def offer_rating(self, ticket_id: int) -> Rating:
        """Send the satisfaction survey."""
        rating = self._rating(self.tickets[ticket_id], "offered")
        self._tell_rating(rating, Update(author_id=SYSTEM_USER, rule_id=SURVEY_AUTOMATION, channel="rule"))
        return rating

    def rate(self, ticket_id: int, score: str, comment: str | None = None, reason: str | None = None) -> Rating:
        """Let the requester rate (good, bad), rate anew, or withdraw (offered); the first verdict fixes the agent."""
        ticket = self.tickets[ticket_id]
        rating = self._rating(ticket, score)
        if rating.score not in {"good", "bad"}:
            rating.assignee_id, rating.group_id = ticket.assignee_id, ticket.group_id
        rating.score, rating.comment, rating.reason = score, comment, reason
        rating.updated_at = self.world.second
        self._tell_rating(rating, Update(author_id=ticket.requester_id))
        return rating

    def _rating(self, ticket: Ticket, score: str) -> Rating:
        if ticket.rating_id is not None:
            return self.ratings[ticket.rating_id]
        now = self.world.second
        rating = Rating(
            id=next(self._rating_ids), ticket_id=ticket.id, requester_id=ticket.requester_id,
            assignee_id=ticket.assignee_id, group_id=ticket.group_id, score=score, created_at=now, updated_at=now,
        )  # fmt: skip
        self.ratings[rating.id] = rating
        ticket.rating_id = rating.id
        return rating

    def _tell_rating(self, rating: Rating, update: Update) -> None:
        told = Child("SatisfactionRating", "score", rating.score, author_id=rating.assignee_id, rule_id=update.rule_id)
        self._record(self.tickets[rating.ticket_id], update, [told])

    def offer_survey(self, ticket_id: int) -> Survey:
        """Send a survey of the newer kind."""
        ticket, now = self.tickets[ticket_id], self.world.second
        survey = Survey(
            id=f"01HF{ticket_id:022d}", ticket_id=ticket_id, responder_id=ticket.requester_id, offered_at=now
        )
        self.surveys[ticket_id] = survey
        self.tell(ticket_id, [Child("SurveyOffered", "survey_type", "customer_satisfaction")])
        return survey

    def answer_survey(self, ticket_id: int, rating: int | None, category: str | None, words: str | None = None) -> None:
        """Let the requester answer the survey, or edit the answer; no rating: he skips the scale."""
        survey, now = self.surveys[ticket_id], self.world.second
        survey.rating, survey.category, survey.words = rating, category, words
        survey.answered_at = survey.answered_at or now
        survey.edited_at = now
        self.tell(ticket_id, [Child("SurveyResponseSubmitted", "survey_id", "01GS")], survey.responder_id)

    def tell(self, ticket_id: int, children: list[Child], author: int = SYSTEM_USER) -> Audit:
        """Record an audit of any children: kinds nobody knows, values that are objects."""
        return self._record(self.tickets[ticket_id], Update(author_id=author), list(children))

    def delete_user(self, user_id: int) -> None:
        """Delete a person for good: no list shows him, and his address is gone."""
        user = self.users[user_id]
        user.active, user.role, user.email = False, "end-user", None
        user.updated_at = self.world.second

    def downgrade(self, user_id: int) -> None:
        """Make an agent an end user, who keeps the history of his tickets."""
        self.users[user_id].role = "end-user"
        self.users[user_id].updated_at = self.world.second

    def add_sla_policy(self, policy: SlaPolicy) -> None:
        """Add an SLA policy, for groups if its id is text."""
        (self.group_sla_policies if isinstance(policy.id, str) else self.sla_policies).append(policy)

    def add_metric_event(self, ticket_id: int, **event: object) -> Row:
        """Let one of Zendesk's own clocks do something now; `deleted=True`: take it back."""
        now = self.world.second
        row: Row = {"id": next(self.ids), "ticket_id": ticket_id, "instance_id": 1, **event}
        self.metric_events.append((now, row))
        return row

    def add_custom_status(self, category: str, label: str) -> CustomStatus:
        """Add a status of the account's own."""
        status = CustomStatus(id=next(self.ids), category=category, agent_label=label, default=False)
        self.custom_statuses.append(status)
        self._categories[status.id] = category
        return status

    def add_user(self, name: str, role: str = "end-user", email: str | None = None) -> User:
        """Add a person to the account."""
        now = self.world.second
        user = User(id=next(self.ids), name=name, email=email, role=role, created_at=now, updated_at=now)
        self.users[user.id] = user
        if role == "end-user":
            self.account.customer_ids.append(user.id)
        return user

    def add_ticket_field(self, kind: str, title: str, description: str = "") -> CustomField:
        """Add a custom ticket field; titles need not be unique, as on Zendesk."""
        return self._add_field(self.ticket_fields, CustomField(
            id=next(self.ids), type=kind, title=title, description=description,
            created_at=self.world.second, updated_at=self.world.second,
        ))  # fmt: skip

    def add_user_field(self, key: str, kind: str, title: str, description: str = "") -> CustomField:
        """Add a custom user field under its key."""
        return self._add_field(self.user_fields, CustomField(
            id=next(self.ids), type=kind, title=title, description=description, key=key,
            created_at=self.world.second, updated_at=self.world.second,
        ))  # fmt: skip

    def _add_field(self, fields: dict[int, CustomField], made: CustomField) -> CustomField:
        fields[made.id] = made
        return made
