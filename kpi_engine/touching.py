"""Which tickets another edition of the policies can touch: those whose clocks it rules otherwise."""

from kpi_engine.differences import completed
from kpi_engine.history import History
from kpi_engine.rulebook import Rulebook
from kpi_engine.rules import Policies
from kpi_engine.telling import told


def touches(history: History, before: Policies, rulebook: Rulebook, as_of: int) -> bool:
    """Tell whether a ticket that was ruled by `before` up to `as_of` is ruled otherwise by what the rulebook has then.

    It is not where the first policy that fits it has the same clocks in both, and its severity stays what it was.
    """
    if history.latest.created_at >= as_of:  # the new policies are the only ones it has ever known
        return False
    steps = told(completed(history), rulebook, as_of).steps
    past, now = steps[-2].state, steps[-1].state  # the last is the new edition's coming into force
    clocks, then = before.at(past.policy).clocks, rulebook.policies.at(as_of).at(now.policy).clocks
    return clocks != then or past.severity != now.severity
