"""Policy documents written as YAML files."""

from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

_WIDE = 110


def policy_text(document: Mapping[str, Any], remarks: Iterable[str]) -> str:
    """Return a policy document as YAML, with remarks above it as comments."""
    written = StringIO()
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = _WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(_plain(document), written)
    comments = "".join(f"# {line}\n" for remark in remarks for line in remark.splitlines())
    return comments + written.getvalue()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
