"""`helpdesk-kpi version`."""

from importlib.metadata import version

import click

from kpi_engine.message import message
from sync.cli.frame import Call, framed
from sync.locale import terminal_text


@click.command("version", help=terminal_text(message("Print the version.")))
@framed
def command(call: Call) -> None:
    """Print the version."""
    number = version("helpdesk-kpi")
    call.say(message("helpdesk-kpi {version}", version=number))
    call.answer({"version": number})
