"""What a simulated API answers: JSON, or a refusal."""

import json

from werkzeug.wrappers import Response


class Refusal(Exception):  # noqa: N818 -- an answer, not a failure of ours
    """An answer other than success; text stays plain text."""

    def __init__(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}

    def response(self) -> Response:
        """Return the refusal as an answer."""
        if isinstance(self.body, str):
            return Response(self.body, self.status, self.headers, content_type="text/plain; charset=utf-8")
        return answer(self.body, self.status, self.headers)


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return `body` as JSON."""
    return Response(json.dumps(body), status, headers, content_type="application/json; charset=utf-8")
