"""The lists: people, groups, business hours, ratings, statuses and forms."""

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.account import BRANDS
from connectors.sandbox.zendesk.call import PAGING, Call, Route, invalid, not_found, paged
from connectors.sandbox.zendesk.records import Rating
from connectors.sandbox.zendesk.rows import (
    group_row,
    holiday_rows,
    membership_row,
    rating_row,
    schedule_row,
    status_row,
    user_row,
)

GUEST: Row = {"id": None, "name": "Anonymous user", "email": None, "role": "end-user", "active": True,
              "url": None, "locale": "vi", "locale_id": 1, "time_zone": "Hanoi"}  # fmt: skip
RECEIVED = {
    "received": frozenset({"good", "bad"}),
    "offered": frozenset({"offered"}),
    "unoffered": frozenset({"unoffered"}),
    "good": frozenset({"good"}),
    "bad": frozenset({"bad"}),
}


def me(call: Call) -> Response:
    """Answer who is asking; a stranger is a guest, with 200."""
    return answer({"user": GUEST if call.user is None else user_row(call.user)})


def users(call: Call) -> Response:
    """Answer the users, of the wanted roles where any are named."""
    roles = {*call.request.args.getlist("role[]"), *call.request.args.getlist("role")}
    rows = [(user.id, user) for user in call.state.users.values() if user.active and (not roles or user.role in roles)]
    return paged(call, "users", sorted(rows, key=_by_id), user_row)


def _by_id(entry: tuple[int, object]) -> int:
    return entry[0]


def some_users(call: Call) -> Response:
    """Answer the named users that exist."""
    found = [call.state.users[user_id] for user_id in call.ids() if user_id in call.state.users]
    return answer({"users": [user_row(user) for user in found], "count": len(found)})


def one_user(call: Call) -> Response:
    """Answer one user."""
    user = call.state.users.get(call.numbers["user_id"])
    if user is None:
        raise not_found()
    return answer({"user": user_row(user)})


def groups(call: Call) -> Response:
    """Answer the groups, dissolved ones only when asked for."""
    everything = call.text("exclude_deleted") == "false"
    rows = [(group.id, group) for group in call.state.groups.values() if everything or not group.deleted]
    return paged(call, "groups", rows, group_row)


def memberships(call: Call) -> Response:
    """Answer who is in which group."""
    rows = sorted(call.state.memberships.items(), key=_by_id)
    return paged(call, "group_memberships", rows, membership_row)


def schedules(call: Call) -> Response:
    """Answer the business hours."""
    return answer({"schedules": [schedule_row(schedule) for schedule in call.state.schedules.values()]})


def holidays(call: Call) -> Response:
    """Answer a schedule's holidays."""
    schedule = call.state.schedules.get(call.numbers["schedule_id"])
    if schedule is None:
        raise not_found()
    return answer({"holidays": holiday_rows(schedule)})


def ratings(call: Call) -> Response:
    """Answer the satisfaction ratings made between start_time and end_time, of the wanted kind."""
    score = call.text("score")
    if score is not None and score not in RECEIVED:
        raise invalid("score is unknown")
    since, until = call.number("start_time") or 0, call.number("end_time")
    rows = [
        (rating.id, rating)
        for rating in call.state.ratings.values()
        if rating.created_at >= since and (until is None or rating.created_at <= until) and _scored(rating, score)
    ]
    return paged(call, "satisfaction_ratings", rows, rating_row)


def one_rating(call: Call) -> Response:
    """Answer one satisfaction rating."""
    rating = call.state.ratings.get(call.numbers["rating_id"])
    if rating is None:
        raise not_found()
    return answer({"satisfaction_rating": rating_row(rating)})


def _scored(rating: Rating, score: str | None) -> bool:
    return score is None or rating.score in RECEIVED[score]


def statuses(call: Call) -> Response:
    """Answer the custom statuses."""
    at = _founded_at(call)
    return answer({"custom_statuses": [status_row(status, at) for status in call.state.custom_statuses]})


def _founded_at(call: Call) -> int:
    return call.state.users[call.state.account.admin_id].created_at


def settings(call: Call) -> Response:
    """Answer the few account settings that tell what the account has."""
    features = call.features
    shown = {
        "active_features": {
            "business_hours": "schedules" in features,
            "customer_satisfaction": "satisfaction" in features,
            "ticket_forms": "ticket_forms" in features,
        },
        "brands": {"default_brand_id": BRANDS[0]},
        "tickets": {"comments_public_by_default": True},
    }
    return answer({"settings": shown})


ROUTES = (
    Route("GET", "/api/v2/users/me", me, anonymous=True, scope="users"),
    Route("GET", "/api/v2/users", users, PAGING | {"role[]", "role"}, scope="users"),
    Route("GET", "/api/v2/users/show_many", some_users, frozenset({"ids"}), scope="users"),
    Route("GET", "/api/v2/users/<int:user_id>", one_user, scope="users"),
    Route("GET", "/api/v2/groups", groups, PAGING | {"exclude_deleted"}, scope="users"),
    Route("GET", "/api/v2/group_memberships", memberships, PAGING, scope="users"),
    Route("GET", "/api/v2/business_hours/schedules", schedules, feature="schedules"),
    Route("GET", "/api/v2/business_hours/schedules/<int:schedule_id>/holidays", holidays, feature="schedules"),
    Route(
        "GET", "/api/v2/satisfaction_ratings", ratings, PAGING | {"score", "start_time", "end_time"},
        feature="satisfaction",
    ),
    Route("GET", "/api/v2/satisfaction_ratings/<int:rating_id>", one_rating, feature="satisfaction"),
    Route("GET", "/api/v2/custom_statuses", statuses),
    Route("GET", "/api/v2/account/settings", settings),
)  # fmt: skip
