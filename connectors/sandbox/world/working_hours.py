"""When people of the simulated company write and work: a week in Việt Nam, without holidays."""

from random import Random

OFFSET = 7 * 3600  # Asia/Ho_Chi_Minh has no summer time
HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY
THURSDAY = 3  # 1970-01-01
SATURDAY, SUNDAY = 5, 6
MORNING = (8 * HOUR, 12 * HOUR)
AFTERNOON = (13 * HOUR + 1800, 17 * HOUR + 1800)
OPEN = dict.fromkeys(range(5), (MORNING, AFTERNOON)) | {SATURDAY: (MORNING,), SUNDAY: ()}


def _local(at: int) -> tuple[int, int]:
    day, second = divmod(at + OFFSET, DAY)
    return (day + THURSDAY) % 7, second


def works(at: int) -> bool:
    """Tell whether agents work at an instant."""
    day, second = _local(at)
    return any(first <= second < last for first, last in OPEN[day])


def next_working(at: int, random: Random) -> int:
    """Return `at` while agents work, else an instant soon after they come back."""
    while not works(at):
        day, second = _local(at)
        opening = next((first for first, _ in OPEN[day] if first > second), DAY)
        at += opening - second
        if works(at):
            at += random.randrange(60, 2400)
    return at


def activity(at: int) -> float:
    """Return how likely customers write at an instant, 1 at most."""
    if works(at):
        return 1.0
    _, second = _local(at)
    return 0.15 if 7 * HOUR <= second < 22 * HOUR else 0.03


def day_weight(start: int) -> float:
    """Return the weight of the 24 hours from `start` on, among those of the week."""
    return sum(activity(start + half_hour * 1800) for half_hour in range(48))


def arrival(start: int, random: Random) -> int:
    """Return an instant within the 24 hours from `start` on at which a customer writes."""
    while True:
        at = start + random.randrange(DAY)
        if random.random() < activity(at):
            return at
