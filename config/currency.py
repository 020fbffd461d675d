"""Currencies, by their ISO 4217 codes."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from connectors.settings import UnfitError
from kpi_engine.message import message


def _currency(text: str) -> str:
    if re.fullmatch(r"[A-Z]{3}", text) is None:
        raise UnfitError(message("this is no currency"), message("its three letters, for example {word}", word="VND"))
    return text


Currency = Annotated[str, Field(examples=["VND"]), AfterValidator(_currency)]
