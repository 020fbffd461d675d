"""SLA clocks: started, paused, stopped, re-armed and judged along a ticket's story.

Events at an instant precede timers at that instant: a timer fires only when its clock still runs afterwards, so a
reply exactly at the goal meets it.
"""

from dataclasses import dataclass, field

from kpi_engine.aiming import choose_calendar, goes_by, is_frozen, is_running, same_aim, set_goal
from kpi_engine.clock_run import ClockRun, Timer
from kpi_engine.rulebook import Rulebook
from kpi_engine.rules import BREACH, NEXT_REPLY, NO_POLICIES, ClockRule, Policies, Rearm, Start, Stop
from kpi_engine.story import State, Step, StepKind, Story

_REOPENING = frozenset({Rearm.ON_REOPEN, Rearm.CONTINUES})
_NO_CHANGE = frozenset({StepKind.OPENED, StepKind.RULES, StepKind.ESCALATED})
_COMING_TRUE = frozenset({Rearm.ON_CRITERIA, Rearm.SEQUENTIAL})


def played(clock: str, story: Story, rulebook: Rulebook) -> list[ClockRun]:
    """Return the instances of one clock of the policy, in order, judged as of the end of the story."""
    player = _Player(clock, rulebook, story.steps[0], story.ticket.channel)
    for step in story.steps:
        player.take(step)
    if player.current is not None:
        player.current.run_until(story.as_of)
        player.current.look_ahead()
    # One that fired before its goal was taken away is still told of: the ledger never forgets.
    return [instance for instance in player.instances if instance.goal is not None or instance.fired]


@dataclass(slots=True)
class _Player:
    clock: str
    rulebook: Rulebook
    before: Step
    channel: str | None
    policies: Policies = NO_POLICIES
    rule: ClockRule | None = None
    promised: ClockRule | None = None  # the last one there was: a clock that the policies drop goes on by it
    asked: bool = False  # the customer's side has written
    unanswered: bool = False  # and nobody has replied since, nor did a solve settle it
    current: ClockRun | None = None
    aimed: State | None = None  # what the current instance was last aimed by; None: aim anew
    instances: list[ClockRun] = field(default_factory=list)

    def take(self, step: Step) -> None:
        """Start, stop, suspend, resume, re-arm and re-aim the clock as the step demands."""
        if step.kind is StepKind.RULES or step.kind is StepKind.OPENED:
            self.policies = self.rulebook.policies.at(step.at)
            self.change_rule(step)
        elif step.state.policy != self.before.state.policy:
            self.change_rule(step)
        if step.kind is StepKind.AGENT_REPLY:
            self.unanswered = False
            self.answer_after_all(step)
        elif step.kind is StepKind.CUSTOMER_MESSAGE or step.owed_since is not None:
            self.asked = self.unanswered = True
        elif self.is_solve(step):
            self.unanswered = False
        self.call_off(step)
        current = self.current
        if step.since is not None and current is not None and current.since is not None:
            self.doubt(current, step, step.since)
        if current is None or current.final or not self.goes_on(current, step):
            self.start(current, step)
        if self.current is not None and self.current.stopped_at is None:
            self.aim(self.current, step)
        self.before = step

    def call_off(self, step: Step) -> None:
        """Drop an instance that is no longer owed before it began: a solve meets nothing that did not run.

        One whose conditions are over in the second of its beginning is dropped, too. A reply before it began meets it,
        as it does in Salesforce.
        """
        current = self.current
        if current is None or current.final or current.started_at < step.at:
            return
        rule = current.rule
        lapsed = rule.start is Start.CRITERIA and rule.start_when not in step.state.fits
        if lapsed or (
            current.started_at > step.at and (self.is_settled(rule, step) or self.taken_by_machine(current, step))
        ):
            self.instances.pop()
            self.current, self.aimed = self.instances[-1] if self.instances else None, None

    def is_settled(self, rule: ClockRule, step: Step) -> bool:
        return step.done and Stop.SOLVED in rule.stop and not rule.is_reply_clock

    def doubt(self, instance: ClockRun, step: Step, since: int) -> None:
        """Give the benefit of the doubt where a step that happened some time after `since` stops or re-aims the clock.

        It counts as stopped at the earliest; whether the goal was met is undecided if the latest would break it. One
        that ran all the while under another goal ran for as long as it did: only what fell due since is not certain.
        """
        rule = self.rule or instance.rule
        over = step.done or self.ends(instance.rule, step)
        rests = not is_running(rule, step.state)
        word = goes_by(rule, step.state, self.channel)
        aimed_as_before = is_frozen(rule, instance) or rule.promise(word) == instance.promise
        if not over and not rests and aimed_as_before:
            return
        instance.run_until(step.at)
        if over or rests or rule.in_business_time(word) is not instance.business:
            instance.take_back(since)
        else:
            instance.unfire(since)
        instance.ended_at = since if over else None

    def change_rule(self, step: Step) -> None:
        self.rule, self.aimed = self.policies.at(step.state.policy).rule(self.clock), None
        self.promised = self.rule or self.promised

    def goes_on(self, instance: ClockRun, step: Step) -> bool:
        """Stop the instance for good, suspend it, or let it run on; tell whether it is not over."""
        if self.ends(instance.rule, step):
            instance.stop(step.at, final=True)
            return False
        if self.settles(instance.rule, step) or self.taken_by_machine(instance, step):
            instance.stop(step.at, final=True)
            instance.settled = True
            return False
        if step.done:
            if instance.stopped_at is None:
                instance.stop(step.at, final=False)  # no verdict, unless it is reopened
        elif instance.stopped_at is not None:
            self.resume(instance, step)
        return True

    def resume(self, instance: ClockRun, step: Step) -> None:
        """Let an instance that was stopped, for good or not, go on from where it stood."""
        stopped_at = instance.stopped_at if instance.ended_at is None else instance.ended_at
        instance.suspended.append((stopped_at or 0, step.at))
        if instance.final:
            instance.met_before.append(instance.suspended[-1])
        instance.final, instance.stopped_at, instance.ended_at, self.aimed = False, None, None, None

    def ends(self, rule: ClockRule, step: Step) -> bool:
        if rule.is_reply_clock and step.kind is StepKind.AGENT_REPLY:  # a solve answers nobody
            return True
        if self.is_settled(rule, step):
            return True
        if Stop.GROUP_CHANGED in rule.stop and self.left_its_group(step):
            return True
        return self.ends_by_any(rule, step)

    def ends_by_any(self, rule: ClockRule, step: Step) -> bool:
        """Tell whether an action, a change or a condition ends the clock."""
        if Stop.ANY_AGENT_ACTION in rule.stop and step.by_agent and step.kind is not StepKind.OPENED:
            return True
        if (Stop.ANY_CHANGE in rule.stop or rule.rearm is Rearm.ON_ANY_CHANGE) and _is_change(step):
            return self.current is None or self.current.started_at < step.at
        return Stop.CRITERIA in rule.stop and rule.stop_when in step.state.fits

    def settles(self, rule: ClockRule, step: Step) -> bool:
        """Tell whether a solve says that what the customer wrote last, a thank-you, needs no answer.

        The first reply is owed all the same: there a solve only suspends the clock.
        """
        return rule.clock == NEXT_REPLY and self.is_solve(step)

    def taken_by_machine(self, instance: ClockRun, step: Step) -> bool:
        """Tell whether a clock that waits for people is void, for a machine took the ticket."""
        return instance.rule.start is Start.HANDOFF and self.is_with_machine(step)

    def is_with_machine(self, step: Step) -> bool:
        return self.rulebook.is_machine(step.state.agent, step.at)

    def is_solve(self, step: Step) -> bool:
        return step.done and not self.before.done

    def answer_after_all(self, step: Step) -> None:
        """Take a reply in the very second of the solve as the answer: which came first is not told.

        Nor does a message of that second begin another wait: the reply answers it, too.
        """
        settled = next((each for each in self.instances if each.settled and each.stopped_at == step.at), None)
        if settled is not None:
            settled.settled = False
            self.current = settled
            del self.instances[settled.instance :]

    def left_its_group(self, step: Step) -> bool:
        group = self.before.state.group
        return group is not None and group != step.state.group

    def comes_to_a_group(self, step: Step) -> bool:
        """Tell whether a group gets the ticket, or gets it back by a reopening; of a solved one nothing is owed."""
        group, before = step.state.group, self.before
        return group is not None and not step.done and (group != before.state.group or before.done)

    def start(self, ended: ClockRun | None, step: Step) -> None:
        """Start the clock where the policy says so, anew if an instance `ended` before; on a solved ticket it waits."""
        rule = self.rule
        if ended is None:
            if rule is None or not self.starts(rule, step):
                return
        else:
            rule = rule or ended.rule
            if not self.rearms(rule, ended, step):
                return
        if ended is not None and rule.rearm is Rearm.CONTINUES:
            self.resume(ended, step)
            return
        begins = ended.due_then() if ended is not None and rule.rearm is Rearm.SEQUENTIAL else step.at
        instance = self.current = ClockRun(rule, len(self.instances) + 1, max(begins, step.at))
        self.instances.append(instance)
        self.aimed = None
        if step.done:
            instance.stop(step.at, final=not rule.is_reply_clock and Stop.SOLVED in rule.stop)

    def starts(self, rule: ClockRule, step: Step) -> bool:
        """Tell whether the first instance starts here; a policy that came later finds things as they stand."""
        if rule.start is Start.AGENT_REPLY:
            return step.replied
        if rule.start is Start.CUSTOMER_MESSAGE and rule.clock == NEXT_REPLY:  # the first turn is the first reply's
            return self.unanswered and not step.awaited
        if rule.is_reply_clock and rule.start is not Start.CRITERIA:
            return step.awaited and self.has_begun(rule, step)
        return (not step.done or step.kind is StepKind.OPENED) and self.has_begun(rule, step)

    def has_begun(self, rule: ClockRule, step: Step) -> bool:
        start = rule.start
        if start is Start.CRITERIA:
            return rule.start_when in step.state.fits
        if start is Start.HANDOFF:
            return not self.is_with_machine(step)
        if start is Start.ASSIGNED:
            return step.state.agent is not None and not step.done
        if start is Start.GROUP_ASSIGNED:
            return step.state.group is not None
        return self.asked or start is Start.CREATED

    def rearms(self, rule: ClockRule, ended: ClockRun, step: Step) -> bool:
        if rule.start is Start.HANDOFF and ended.settled:
            waits = step.awaited if rule.is_reply_clock else not step.done
            return waits and not self.is_with_machine(step)
        return self.rearms_by(rule, step)

    def rearms_by(self, rule: ClockRule, step: Step) -> bool:
        if rule.rearm in _REOPENING:
            return self.before.done and not step.done
        if rule.rearm is Rearm.ON_CUSTOMER_MESSAGE:
            is_first_turn = rule.clock == NEXT_REPLY and step.awaited  # which is the first reply's
            return step.kind is StepKind.CUSTOMER_MESSAGE and not is_first_turn
        if rule.rearm is Rearm.ON_AGENT_REPLY:
            return step.kind is StepKind.AGENT_REPLY
        if rule.rearm is Rearm.ON_GROUP_CHANGE:
            return self.comes_to_a_group(step)
        return not step.done and self.rearms_unsolved(rule, step)

    def rearms_unsolved(self, rule: ClockRule, step: Step) -> bool:
        if rule.rearm is Rearm.ON_ANY_CHANGE:
            return _is_change(step)
        return rule.rearm in _COMING_TRUE and self.comes_true(rule, step)

    def comes_true(self, rule: ClockRule, step: Step) -> bool:
        """Tell whether what starts the clock is there, or happens, at this step."""
        if rule.start is Start.CUSTOMER_MESSAGE:
            return step.kind is StepKind.CUSTOMER_MESSAGE
        if rule.start is Start.AGENT_REPLY:
            return step.kind is StepKind.AGENT_REPLY
        return self.has_begun(rule, step)

    def aim(self, instance: ClockRun, step: Step) -> None:
        """Apply the goal, the kind of time and the pauses that hold from this step on."""
        state, rule = step.state, self.promised or instance.rule
        runs = is_running(rule, state)
        before, self.aimed = self.aimed, state
        if (
            before is not None
            and rule is instance.rule
            and runs is (instance.since is not None)
            and same_aim(before, state, rule)
        ):
            return
        instance.run_until(step.at)
        instance.rule = rule
        if not instance.eras or instance.eras[-1][1] is not rule:
            instance.eras.append((step.at, rule))
        frozen = is_frozen(rule, instance)
        word = goes_by(rule, state, self.channel)
        if not frozen:
            instance.business = rule.in_business_time(word)
        choose_calendar(instance, step, self.rulebook)
        if instance.breached_at is None:  # a verdict keeps the goal it was given by
            set_goal(instance, step, instance.promise if frozen else rule.promise(word))
        resumed = runs and instance.since is None
        instance.since = max(step.at, instance.started_at) if runs else None
        if not runs and instance.is_over_its_goal:
            instance.fire(Timer(BREACH, 0, step.at))
        if resumed and step.since is not None:
            rested_till = instance.runs[-1].end if instance.runs else step.since
            instance.slack += instance.calendar.between(max(step.since, rested_till), step.at)


def _is_change(step: Step) -> bool:
    """Tell whether somebody or something changed the ticket, or said something on it: an escalation of ours is none."""
    return step.kind not in _NO_CHANGE
