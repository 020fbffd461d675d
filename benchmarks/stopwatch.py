"""Where a process spends its time: parts of a program wrapped so that each is charged only what it does itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any


@dataclass(slots=True)
class Spent:
    """Seconds on the wall and on the processor, and how often."""

    wall: float = 0.0
    processor: float = 0.0
    times: int = 0


@dataclass(slots=True)
class Stopwatch:
    """Charges the time that passes to the innermost part that runs."""

    parts: dict[str, Spent] = field(default_factory=dict)
    _running: list[str] = field(default_factory=list)
    _since: tuple[float, float] = (0.0, 0.0)

    @contextmanager
    def timing(self, part: str) -> Iterator[None]:
        """Charge what happens inside to `part`."""
        self._charge()
        self._running.append(part)
        self.parts.setdefault(part, Spent()).times += 1
        try:
            yield
        finally:
            self._charge()
            self._running.pop()

    def _charge(self) -> None:
        wall, processor = time.perf_counter(), time.process_time()
        if self._running:
            spent = self.parts[self._running[-1]]
            spent.wall += wall - self._since[0]
            spent.processor += processor - self._since[1]
        self._since = wall, processor

    def wrap(self, owner: Any, name: str, part: str) -> None:  # noqa: ANN401 -- any module, class or object
        """Have every call of `owner.name` charged to `part`."""
        call = getattr(owner, name)

        @wraps(call)
        def timed(*args: object, **named: object) -> object:
            with self.timing(part):
                return call(*args, **named)

        setattr(owner, name, timed)

    def wrap_generator(self, owner: Any, name: str, part: str) -> None:  # noqa: ANN401 -- any module, class or object
        """Have the work of a generator, not that of its consumer, charged to `part`."""
        call: Callable[..., Iterator[object]] = getattr(owner, name)

        @wraps(call)
        def timed(*args: object, **named: object) -> Iterator[object]:
            items = call(*args, **named)
            while True:
                with self.timing(part):
                    item = next(items, items)  # the generator itself says that there is no more
                if item is items:
                    return
                yield item

        setattr(owner, name, timed)
