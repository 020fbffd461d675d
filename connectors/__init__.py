"""How each helpdesk speaks; this file alone lists them."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeAlias

from connectors.base import Connector

# Every platform's connect takes its own settings, so that nothing narrower than Any fits them all.
Connect: TypeAlias = Callable[..., Connector]


def _later(platform: str) -> Connect:
    """Return the platform's `connect`, imported only once somebody connects to it."""

    def connect(*settings: Any, **rest: Any) -> Connector:  # noqa: ANN401 -- see Connect
        made: Connector = import_module(f"connectors.{platform}").connect(*settings, **rest)
        return made

    return connect


CONNECTORS: Mapping[str, Connect] = {kind: _later(kind) for kind in ("zendesk", "freshdesk", "salesforce")}
"""`connect(settings, clock, report_zone, mapped_fields)` of every helpdesk, by its kind in the configuration."""
