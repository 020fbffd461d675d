"""How often each plan of Freshdesk lets tickets be listed and written, and what reading costs of that.

https://developers.freshdesk.com/api/#ratelimit
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.base import Clock, Cost, Stream
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.quota import Allowance, Quota


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests a minute: of the whole account, and those that make, change and list tickets."""

    total: int
    created: int
    updated: int
    listed: int


LIMITS: Mapping[str, Limits] = {
    "growth": Limits(200, 80, 80, 20),
    "pro": Limits(400, 160, 160, 100),
    "enterprise": Limits(700, 280, 280, 200),
}


def quota_of(settings: FreshdeskSettings, clock: Clock) -> Quota:
    """Return what keeps us to our share of the plan's limits."""
    plan = LIMITS[settings.plan]
    endpoints = {
        r"/api/v2/tickets$": Allowance(plan.listed, method="GET"),
        r"/api/v2/(?:tickets)$": Allowance(plan.created, method="POST"),
        r"/api/v2/tickets/\d+$": Allowance(plan.updated, method="PUT"),
    }
    return Quota(settings.rate_limit_share, clock, endpoints, Allowance(plan.total))


def cost(settings: FreshdeskSettings, rows: Mapping[Stream, int]) -> Cost:
    """Return about what it takes to read so many rows; of history, a request for each ticket that changed."""
    pages = math.ceil(rows.get(Stream.TICKETS, 0) / settings.per_page)
    requests = pages + rows.get(Stream.HISTORY, 0)
    plan, share = LIMITS[settings.plan], settings.rate_limit_share
    return Cost(requests, math.ceil(max(pages / (plan.listed * share), (requests + 2 * pages) / (plan.total * share))))
