"""A thread that writes what has gathered, in one transaction every 50 ms or 500 events.

It knows nothing of the event loop, so that neither a cancellation nor a busy loop reaches it: through
aiosqlite, a cancelled task leaves its statement running and its transaction open. When the store
cannot be written, events are held and tried again, and are written once it works.
"""

import threading
from collections import deque
from itertools import islice
from pathlib import Path
from typing import Protocol

from engine.errors import StoreError
from sessions.journal import Entry, Journal, Rejected

BATCH_EVENTS = 500
BATCH_SECONDS = 0.05
TRANSACTION_EVENTS = 4000
"""At most this many events in one transaction, when many have gathered."""
RETRY_SECONDS = 1.0


class Told(Protocol):
    """What a writer says, from its own thread."""

    def opened(self) -> None:
        """The store is open."""

    def written(self, entries: list[Entry]) -> None:
        """These would survive a power cut."""

    def rejected(self, session: str, entries: int, bytes_: int, error: StoreError) -> None:
        """A session cannot be recorded; so many of its entries were dropped."""

    def failed(self, error: StoreError) -> None:
        """The store could not be opened, or could not be written this time."""

    def gone(self) -> None:
        """The thread ends; nothing is written any more."""


class Writer:
    """The one that writes the store, for one process."""

    def __init__(self, path: Path, told: Told) -> None:
        """Begin to open the store at `path`."""
        self._path = path
        self._told = told
        self._changed = threading.Condition()
        self._entries: deque[Entry] = deque()
        self._urgent = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Take an entry to be written."""
        with self._changed:
            self._entries.append(entry)
            if len(self._entries) in (1, BATCH_EVENTS):
                self._changed.notify()

    def hurry(self) -> None:
        """Write what has gathered now."""
        with self._changed:
            self._urgent = True
            self._changed.notify()

    def close(self) -> None:
        """Write what has gathered, then end."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def finish(self) -> None:
        """Close and wait for the end: for a process that ends without having closed its recorder."""
        self.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            journal = Journal(self._path)
            try:
                self._told.opened()
                self._write_all(journal)
            finally:
                journal.close()
        except StoreError as error:
            self._told.failed(error)
        except BaseException as error:
            self._told.failed(StoreError(f"Recording into {self._path} broke down: {error!r}."))
            raise
        finally:
            self._told.gone()

    def _write_all(self, journal: Journal) -> None:
        """Write batches until there is nothing left and the recorder is closed."""
        while True:
            batch = self._gather()
            if not batch:
                return
            try:
                journal.write(batch)
            except Rejected as error:
                self._drop(error)
            except StoreError as error:
                if self._closing:
                    raise
                self._told.failed(error)
                with self._changed:
                    self._changed.wait_for(lambda: self._urgent or self._closing, RETRY_SECONDS)
            else:
                with self._changed:
                    for _ in batch:
                        self._entries.popleft()
                self._told.written(batch)

    def _gather(self) -> list[Entry]:
        """Wait for the next batch; empty when the recorder is closed and all is written."""
        with self._changed:
            self._changed.wait_for(lambda: self._entries or self._closing)
            self._changed.wait_for(
                lambda: self._urgent or self._closing or len(self._entries) >= BATCH_EVENTS,
                BATCH_SECONDS,
            )
            self._urgent = False
            return list(islice(self._entries, TRANSACTION_EVENTS))

    def _drop(self, error: Rejected) -> None:
        with self._changed:
            kept = [entry for entry in self._entries if entry.session != error.session]
            dropped = [entry for entry in self._entries if entry.session == error.session]
            self._entries.clear()
            self._entries.extend(kept)
        self._told.rejected(
            error.session, len(dropped), sum(len(entry.body) for entry in dropped), error
        )
