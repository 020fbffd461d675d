"""`helpdesk-kpi schema`."""

import click

from config import schema_text
from kpi_engine.message import message
from sync.cli.frame import Call, framed
from sync.locale import terminal_text


@click.command("schema", help=terminal_text(message("Print the JSON Schema of the configuration file.")))
@framed
def command(call: Call) -> None:
    """Print the schema; it is JSON with or without --json."""
    del call
    click.echo(schema_text(), nl=False)
