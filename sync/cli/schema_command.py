"""`helpdesk-kpi schema`."""

import json

import click

from config import schema_text
from kpi_engine.message import message
from sync.cli.frame import Call, framed
from sync.inputs.columns import schema_of
from sync.inputs.kinds import KINDS
from sync.locale import terminal_text


@click.command(
    "schema", help=terminal_text(message("Print the JSON Schema of the configuration file, or of an input."))
)
@click.option(
    "--input",
    "kind",
    type=click.Choice(list(KINDS)),
    help=terminal_text(message("Of a row of this kind of file instead.")),
)
@framed
def command(call: Call, *, kind: str | None) -> None:
    """Print the schema; it is JSON with or without --json."""
    del call
    if kind is None:
        click.echo(schema_text(), nl=False)
    else:
        click.echo(json.dumps(schema_of(KINDS[kind].model), ensure_ascii=False, indent=2))
