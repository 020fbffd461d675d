"""What becomes of a summary that was intended before: waiting, brought up to date, settled or corrected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sync.settling import PeriodState
from sync.store.changes import UNRESOLVED, ChangeState, Queued
from sync.store.summaries import CORRECTED, PLANNED, PROVISIONAL, REVERTED, SETTLED, Summary
from sync.summaries.decisions import Decision, DueSummary, Moved, Waiting, Withdrawn
from sync.summaries.look import Look
from sync.summaries.text import read_shown
from sync.summaries.writing import STATES, Writer

_DAY: Final = 86_400


@dataclass(frozen=True)
class Life:
    """Decides what becomes of a subject's summary that was intended before: its newest version and its corrections."""

    of: Look
    writer: Writer
    chain: Sequence[Summary]

    @property
    def _row(self) -> Summary:
        return self.chain[-1]

    @cached_property
    def _last(self) -> Queued | None:
        """The newest change of the newest summary."""
        found = [self.of.newest.get(each) for each in (self._row.remote_id, self._row.external_id) if each is not None]
        return next((each for each in found if each is not None), None)

    def decided(self) -> Iterator[Decision]:
        """Decide, first about what was corrected, then about the newest version."""
        yield from self._told_of_correction()
        if self._row.state == REVERTED:
            return
        if self._last is not None and self._last.state in UNRESOLVED:
            yield Waiting(self._row)
        elif self._queued is not None and (why := self.writer.withheld_on(self._row)) is not None:
            yield from (Withdrawn(self._queued.target_id), why)
        elif self._row.remote_id is None:
            yield self._creation()
        else:
            yield from self._continued()

    def _creation(self) -> Decision:
        """Decide about a ticket that is not there yet: queued still, refused, or never sent."""
        again = self.writer.created(self._row)
        if self._last is None:
            return self.writer.withheld or again
        if self._last.state is ChangeState.QUEUED:
            return Waiting(self._row) if self._says_the_same(self._last) else again
        if self._is_recent(self._last) and self._says_the_same(self._last) and self._same_place(again):
            return Waiting(self._row)  # refused: what would be sent is what was refused
        return self.writer.withheld or again

    def _continued(self) -> Iterator[Decision]:
        """Decide about a ticket that is there."""
        row, state = self._row, self.of.state
        if row.shown is None:  # made before we kept what was shown: what stands there is taken as it is
            yield Moved(row, STATES[state], self.writer.content.written())
        elif self._queued_already():
            yield Waiting(row)
        elif not self._differs():
            yield from self._frozen()
        elif state is PeriodState.CORRECTED or (state is PeriodState.SETTLED and self._open and row.unwritable):
            yield self.writer.withheld or self.writer.created(replace_of=row)
        elif self._open and not row.unwritable and not self._refused_the_same():
            yield self.writer.withheld_on(row) or self.writer.noted(row)

    @property
    def _queued(self) -> Queued | None:
        """What waits to be sent, if anything does."""
        return self._last if self._last is not None and self._last.state is ChangeState.QUEUED else None

    @property
    def _open(self) -> bool:
        """Whether the summary has not been settled yet."""
        return self._row.state in (PLANNED, PROVISIONAL)

    def _differs(self) -> bool:
        return self._row.shown is None or self.writer.content.differs(read_shown(self._row.shown or "[{},[],[]]"))

    def _queued_already(self) -> bool:
        return self._last is not None and self._last.state is ChangeState.QUEUED and self._says_the_same(self._last)

    def _refused_the_same(self) -> bool:
        return self._last is not None and self._last.state is ChangeState.REFUSED and self._says_the_same(self._last)

    def _says_the_same(self, change: Queued) -> bool:
        before = change.values.get("shown")
        return isinstance(before, str) and not self.writer.content.differs(read_shown(before))

    def _same_place(self, again: DueSummary) -> bool:
        before, now = self._last.summary if self._last is not None else None, again.desired.summary
        if before is None or now is None:
            return False
        return (before.group, before.assignee_id) == (now.group, now.assignee_id)

    def _is_recent(self, change: Queued) -> bool:
        return self.of.account.now() - change.changed_at < _DAY

    def _frozen(self) -> Iterator[Moved]:
        """Settle a summary that needs no last word."""
        queued = self._last is not None and self._last.state is ChangeState.QUEUED
        if self._open and self.of.state is not PeriodState.PROVISIONAL and not queued:
            yield Moved(self._row, SETTLED, self._row.shown)

    def _told_of_correction(self) -> Iterator[Decision]:
        """Say on a corrected ticket where its correction is, once that is there."""
        for old, new in zip(self.chain, self.chain[1:], strict=False):
            if old.state == CORRECTED:
                continue
            if new.remote_id is None:
                yield Waiting(new)
                continue
            yield Moved(old, CORRECTED, old.shown)
            if old.remote_id is not None and not old.unwritable:
                yield self.writer.pointed(old, new)
