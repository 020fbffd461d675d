"""The kinds of files there are, one module each: a row's model, and what makes an observation of it."""

from collections.abc import Mapping

from sync.inputs.kinds import (
    agent_states,
    calls,
    compliments,
    costs,
    customers,
    evaluations,
    knowledge_contributions,
    org,
    outbound_contacts,
    overrides,
    proposals,
    qa_reviews,
    roster,
    sales,
    social,
    surveys,
    training,
    work_items,
)
from sync.inputs.kinds.kind import Kind, Values

__all__ = ["KINDS", "Kind", "Values"]

_MODULES = (
    calls,
    costs,
    sales,
    customers,
    qa_reviews,
    evaluations,
    surveys,
    social,
    compliments,
    proposals,
    knowledge_contributions,
    training,
    overrides,
    outbound_contacts,
    agent_states,
    work_items,
    org,
    roster,
)

KINDS: Mapping[str, Kind] = {each.KIND.name: each.KIND for each in _MODULES}
"""Every kind of file by its name on the command line and in the configuration."""
