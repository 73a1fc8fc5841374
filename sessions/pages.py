"""The records in an SQLite file, read page by page, whatever state its tree and its schema are in.

Format: https://www.sqlite.org/fileformat2.html. Only what is saved from a damaged store is understood:
pages of index b-trees (which tables without row ids are), leaves of tables with row ids, their records,
and overflow chains.
"""

from collections.abc import Iterator
from pathlib import Path

_INTERIOR, _LEAF, _TABLE_LEAF = 0x02, 0x0A, 0x0D
_LOG_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24
_LONGEST_RECORD_BYTES = 256 * 1024 * 1024

Value = int | float | bytes | str | None


class Pages:
    """Every page of a database file, and of the write-ahead log beside it."""

    def __init__(self, path: Path) -> None:
        """Read the files at `path`. Raises `OSError`."""
        content = path.read_bytes()
        self._size = _page_size(content)
        self._usable = self._size - (content[20] if len(content) > 20 and content[20] < 64 else 0)
        self._newest = {
            number + 1: content[start : start + self._size]
            for number, start in enumerate(range(0, len(content), self._size))
        }
        self._all = list(self._newest.items())
        log = path.with_name(f"{path.name}-wal")
        for number, page in self._frames(log.read_bytes() if log.exists() else b""):
            self._newest[number] = page
            self._all.append((number, page))

    def records(self) -> Iterator[tuple[Value, ...]]:
        """Every record of every index page, older versions of a page included."""
        for number, page in self._all:
            # The first page begins with the header of the file.
            yield from self._page_records(page, 100 if number == 1 else 0)

    def rows(self) -> Iterator[tuple[int, tuple[Value, ...]]]:
        """Every row of every leaf of a table with row ids, with its id; older versions included.

        A column that stands for the row id is none here.
        """
        for number, page in self._all:
            offset = 100 if number == 1 else 0
            if len(page) < offset + 12 or page[offset] != _TABLE_LEAF:
                continue
            for cell in _cells(page, offset):
                try:
                    length, start = _varint(page, cell)
                    row, start = _varint(page, start)
                    payload = self._gather(page, start, length, self._usable - 35)
                    yield row, tuple(_record(payload))
                except (IndexError, ValueError):
                    continue  # No record, or not whole any more.

    def _frames(self, log: bytes) -> Iterator[tuple[int, bytes]]:
        step = _FRAME_HEADER_BYTES + self._size
        for start in range(_LOG_HEADER_BYTES, len(log) - step + 1, step):
            number = int.from_bytes(log[start : start + 4], "big")
            yield number, log[start + _FRAME_HEADER_BYTES : start + step]

    def _page_records(self, page: bytes, offset: int) -> Iterator[tuple[Value, ...]]:
        if len(page) < offset + 12 or page[offset] not in (_INTERIOR, _LEAF):
            return
        for cell in _cells(page, offset):
            try:
                length, start = _varint(page, cell)
                most = (self._usable - 12) * 64 // 255 - 23
                yield tuple(_record(self._gather(page, start, length, most)))
            except (IndexError, ValueError):
                continue  # No record, or not whole any more.

    def _gather(self, page: bytes, start: int, length: int, most: int) -> bytes:
        """A record's bytes: up to `most` in the page, the others in overflow pages."""
        if length > _LONGEST_RECORD_BYTES:
            raise ValueError("no record is that long")
        if length <= most:
            local = length
        else:
            least = (self._usable - 12) * 32 // 255 - 23
            local = least + (length - least) % (self._usable - 4)
            local = local if local <= most else least
        payload = bytearray(page[start : start + local])
        follow = int.from_bytes(page[start + local : start + local + 4], "big")
        while len(payload) < length:
            overflow = self._newest.get(follow, b"")
            if len(overflow) < 5:
                raise ValueError("an overflow page is missing")
            payload += overflow[4 : 4 + min(length - len(payload), self._usable - 4)]
            follow = int.from_bytes(overflow[:4], "big")
        return bytes(payload)


def _cells(page: bytes, offset: int) -> Iterator[int]:
    """Where the cells of a page begin, behind the pointer that those of an interior one have."""
    interior = page[offset] == _INTERIOR
    count = int.from_bytes(page[offset + 3 : offset + 5], "big")
    pointers = offset + (12 if interior else 8)
    for place in range(pointers, min(pointers + 2 * count, len(page) - 1), 2):
        yield int.from_bytes(page[place : place + 2], "big") + (4 if interior else 0)


def _page_size(content: bytes) -> int:
    size = int.from_bytes(content[16:18], "big")
    size = 65536 if size == 1 else size
    # A header that is destroyed says nothing; this is the size that SQLite takes by itself.
    return size if size >= 512 and size & (size - 1) == 0 else 4096


def _record(payload: bytes) -> Iterator[Value]:
    header, at = _varint(payload, 0)
    kinds = []
    while at < header:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    for kind in kinds:
        value, at = _value(payload, at, kind)
        yield value


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in (8, 9):
        return kind - 8, at
    if kind <= 6:
        length = (0, 1, 2, 3, 4, 6, 8)[kind]
        return int.from_bytes(_taken(payload, at, length), "big", signed=True), at + length
    if kind < 12:
        raise ValueError("neither an integer, a text nor a blob")
    length = (kind - 12) // 2
    taken = _taken(payload, at, length)
    return (taken if kind % 2 == 0 else taken.decode("utf-8", "replace")), at + length


def _taken(payload: bytes, at: int, length: int) -> bytes:
    if at + length > len(payload):
        raise ValueError("the record is cut")
    return payload[at : at + length]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in SQLite's variable-length form, and where what follows it begins."""
    value = 0
    for step in range(8):
        byte = data[at + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    return value << 8 | data[at + 8], at + 9
