"""What may be wrong between the columns of rows of several kinds."""

from kpi_engine.message import Message, message
from sync.inputs.kinds.kind import Values


def out_of_order(values: Values, earlier: str, later: str) -> Message | None:
    """Return that a day lies before the one that it follows."""
    if earlier in values and later in values and str(values[later]) < str(values[earlier]):
        return message("{later} is before {earlier}", later=later, earlier=earlier)
    return None


def off_scale(values: Values) -> Message | None:
    """Return what is wrong with a score and its scale, which begins at 1 where the row does not say."""
    low, high = float(values.get("scale_min", 1)), float(values["scale_max"])
    if low >= high:
        return message(
            "the scale {low} to {high} has no room", low=values.get("scale_min", 1), high=values["scale_max"]
        )
    if "score" in values and not low <= float(values["score"]) <= high:
        return message("the score {score} is not on the scale", score=values["score"])
    return None
