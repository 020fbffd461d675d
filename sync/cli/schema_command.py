"""`helpdesk-kpi schema`."""

import json

import click

from config import schema_text
from config.schema import policies_schema, stories_schema
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
@click.option("--policies", "part", flag_value="policies", help=terminal_text(message("Of a policy file instead.")))
@click.option("--stories", "part", flag_value="stories", help=terminal_text(message("Of a file of stories instead.")))
@framed
def command(call: Call, *, kind: str | None, part: str | None) -> None:
    """Print the schema; it is JSON with or without --json."""
    del call
    if part is not None:
        schema = policies_schema() if part == "policies" else stories_schema()
        click.echo(json.dumps(schema, ensure_ascii=False, indent=2))
    elif kind is None:
        click.echo(schema_text(), nl=False)
    else:
        click.echo(json.dumps(schema_of(KINDS[kind].model), ensure_ascii=False, indent=2))
