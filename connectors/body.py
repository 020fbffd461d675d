"""An answer's body: read within bounds, as JSON or as the text a person would see."""

import html
import json
import re
import time
from typing import NoReturn, Protocol

from urllib3.exceptions import HTTPError

PIECE = 65_536
EXCERPT = 16_384
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")


class OversizedError(Exception):
    """The body, unpacked, is larger than we are willing to hold."""


class Stream(Protocol):
    """What arrives from the network; gives what is there, at most `amt` unpacked bytes, and none at the end."""

    def read1(self, amt: int, *, decode_content: bool) -> bytes:
        """Return the next bytes."""
        ...


def body_of(stream: Stream, max_bytes: int, seconds: float) -> bytes:
    """Return the whole unpacked body.

    Raises OversizedError above `max_bytes`, TimeoutError after `seconds` however steadily it drips, and what the
    network raises.
    """
    ends = time.monotonic() + seconds
    body = bytearray()
    while piece := stream.read1(PIECE, decode_content=True):
        body += piece
        if len(body) > max_bytes:
            raise OversizedError(f"more than {max_bytes} bytes")
        if time.monotonic() > ends:
            raise TimeoutError(f"not complete after {seconds:g} seconds")
    return bytes(body)


def excerpt_of(stream: Stream, seconds: float) -> bytes:
    """Return the beginning of a body that matters only to people; what cannot be read is left out."""
    ends = time.monotonic() + seconds
    body = bytearray()
    try:
        while len(body) < EXCERPT and time.monotonic() < ends and (piece := stream.read1(PIECE, decode_content=True)):
            body += piece
    except (OSError, HTTPError):
        pass  # the status alone decides; its explanation is a courtesy
    return bytes(body[:EXCERPT])


def json_of(body: bytes) -> object:
    """Return the body as JSON; raises ValueError for anything else, NaN and Infinity included."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except RecursionError as deep:
        raise ValueError("nested too deeply") from deep


def visible_text(body: bytes) -> str:
    """Return what a person would read of the beginning of a body: no markup, one line, nothing unprintable."""
    text = body[:EXCERPT].decode("utf-8", "replace")
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        text = html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", text)))
    return one_line(text)


def one_line(text: str) -> str:
    """Return `text` without line breaks, control characters and whatever else would upset a terminal or a log."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
