"""What was agreed in the tests of charges and rewards: half an hour to a first reply, and weeks that settle soon."""

from typing import Any

from kpi_engine.periods import period_named

ZONE = "Asia/Ho_Chi_Minh"
WEEK = period_named("2026-W48", ZONE)
CLOCKS = [{"id": "first_reply", "goal": {"any": "30m"}, "time": "calendar", "stop": ["agent_public_reply"]}]
WEEKLY = {
    "id": "overdue",
    "period": "week",
    "min_volume": 1,
    "bands": [{"over": 0, "points": 1}],
    "announced_on": "2026-11-01",
}
PRAISE = {"id": "praise", "period": "week", "min_n": 10, "announced_on": "2026-11-01"}


def agreed(*penalties: dict[str, Any], rewards: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """Return the configuration's part about these penalties and rewards."""
    return {
        "appeal": "1d",
        "exemptions": {"sao-mai": {"approvers": ["lan@saomai.vn"]}},
        "indicators": {"first_contact_resolution": {"window": "1d"}, "repeat_contact_rate": {"window": "2d"}},
        "policies": {
            "version": 1,
            "policies": [{"id": "care", "clocks": CLOCKS}],
            "penalties": list(penalties),
            "rewards": list(rewards),
        },
    }
