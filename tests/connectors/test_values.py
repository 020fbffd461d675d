from functools import partial
from zoneinfo import ZoneInfo

import pytest

from connectors import values
from connectors.values import FollowedFields

SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("yes_no", True, True),
        ("yes_no", "true", True),
        ("yes_no", "false", False),
        ("integer", "12", 12),
        ("integer", 12.0, 12),
        ("integer", "12.5", 12.5),
        ("integer", "many", "many"),
        ("integer", None, None),
        ("integer", float("inf"), None),
        ("integer", 10**400, 10**400),
        ("number", "4.50", 4.5),
        ("number", 4, 4.0),
        ("text", "", None),
        ("text", 3, 3),
        ("text", {"odd": 1}, None),
        ("text", ["a", "b", 3], "a b"),
        ("text", 2.5, 2.5),
        ("moment", "2026-11-22 17:30 +07:00", 1795343400),
        ("moment", "tomorrow", "tomorrow"),
        ("moment", "2026-13-22 17:30 +07:00", "2026-13-22 17:30 +07:00"),
        ("moment", None, None),
        ("integer", True, True),
    ],
)
def test_remote_values_are_read_in_our_kinds(kind: str, value: object, read: object) -> None:
    found = values.remote_value(kind, value)
    assert (found, type(found)) == (read, type(read))


def test_moments_sort_as_text_and_read_back_to_the_minute() -> None:
    for zone in (SAIGON, ZoneInfo("America/New_York"), ZoneInfo("UTC")):
        assert values.moment(values.moment_text(1795343459, zone)) == 1795343400


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("yes_no", None, False),
        ("moment", 1_669_113_000, "2022-11-22 17:30 +07:00"),
        ("integer", 12, 12),
        ("moment", None, None),
    ],
)
def test_values_are_sent_as_the_exact_json_type(kind: str, value: int | None, sent: object) -> None:
    found = values.sent_value(kind, value, partial(values.moment_text, zone=SAIGON))
    assert (found, type(found)) == (sent, type(sent))


def test_only_followed_fields_are_kept_ours_in_their_kinds_and_others_as_they_are() -> None:
    shown = {"1": "true", "2": "7", "3": ["a", "b"], "4": "unknown"}
    followed = FollowedFields({"1": "overdue", "2": "escalation_level"}, frozenset({"2", "3"}))
    assert values.followed_values(shown.items(), followed) == {"1": True, "2": 7, "3": "a b"}
