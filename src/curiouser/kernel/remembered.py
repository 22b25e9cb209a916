"""What was computed and may be needed again: bounded, safe among threads, keyed by what it depends on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import RLock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Keeps the values that were used last.

    A key must name all that its value depends on, so that nothing here is ever out of date:
    a content hash, a data commit, the number of the last step. Values are shared by threads
    and must not be changed.

    Args:
        most: How many values to keep, > 0.

    Examples:
        >>> squares = Remembered[int, int](most=2)
        >>> [squares.get(n, lambda n=n: n * n) for n in (1, 2, 1, 3)]
        [1, 4, 1, 9]
        >>> squares.peek(2), squares.peek(1)
        (None, 1)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Find a value, or make it; of several threads that want one, the first makes it and the others wait."""
        found = self.peek(key)
        if found is not None:
            return found
        with self._lock:
            found = self.peek(key)
            if found is None:
                found = make()
                self.put(key, found)
            return found

    def peek(self, key: K) -> V | None:
        """Find a value, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: K, value: V) -> None:
        """Keep a value, and let go of the one that was used longest ago."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
