"""The few calls of libghostty-vt that pyghostty has no method for."""

import weakref
from typing import Any

from pyghostty import Terminal, ffi, lib
from pyghostty.core import check, init_sized, union_fn


def set_scrollback_bytes(terminal: Terminal, limit: int) -> None:
    """Bound the memory of the history, in bytes."""
    size = ffi.new("size_t*", limit)
    option = lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_BYTES
    check(lib.ghostty_terminal_set(terminal._t[0], option, size), "scrollback bytes")


def keep_unfinished(terminal: Terminal, limit: int) -> None:
    """Have the bytes of an escape sequence that has not ended kept, up to `limit`, for `encode`."""
    size = ffi.new("size_t*", limit)
    option = lib.GHOSTTY_TERMINAL_OPT_CONTINUATION_MAX_BYTES
    check(lib.ghostty_terminal_set(terminal._t[0], option, size), "continuation bytes")


def set_scrollback_lines(terminal: Terminal, limit: int) -> None:
    """Bound the history, in lines."""
    size = ffi.new("size_t*", limit)
    option = lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_LINES
    check(lib.ghostty_terminal_set(terminal._t[0], option, size), "scrollback lines")


def encode(terminal: Terminal) -> bytes:
    """Everything a terminal is: screens, history, modes, and the sequence it is in the middle of.

    Raises `pyghostty.core.GhosttyError` where that sequence is longer than what is kept of it.
    """
    found = ffi.new("uint8_t**")
    length = ffi.new("size_t*")
    encode_alloc = lib.ghostty_snapshot_encode_alloc
    check(encode_alloc(terminal._t[0], ffi.NULL, found, length), "snapshot")
    try:
        return bytes(ffi.buffer(found[0], length[0])[:])
    finally:
        lib.ghostty_free(ffi.NULL, found[0], length[0])


def decode(snapshot: bytes, limit: int) -> Terminal:
    """A terminal of its own that goes on where `encode` was called; its bounds are to be set anew.

    `limit`: the longest unfinished sequence, in bytes, as in `keep_unfinished`.
    """
    decoder = ffi.new("GhosttySnapshotDecoder*")
    source = ffi.from_buffer("uint8_t[]", snapshot)
    check(lib.ghostty_snapshot_decoder_new_buf(ffi.NULL, decoder, source, len(snapshot)), "decoder")
    made = ffi.new("GhosttyTerminal*")
    try:
        set_option = lib.ghostty_snapshot_decoder_set
        most = lib.GHOSTTY_SNAPSHOT_DECODER_OPT_MAX_CONTINUATION_BYTES
        check(set_option(decoder[0], most, ffi.new("size_t*", limit)), "continuation limit")
        retain = lib.GHOSTTY_SNAPSHOT_DECODER_OPT_RETAIN_CONTINUATION
        check(set_option(decoder[0], retain, ffi.new("bool*", True)), "continuation kept")
        check(lib.ghostty_snapshot_decoder_decode(decoder[0], made), "snapshot read")
    finally:
        lib.ghostty_snapshot_decoder_free(decoder[0])
    # What the class's own constructor does, around a terminal that is there already.
    terminal = object.__new__(Terminal)
    terminal._t = made
    terminal._unknown_cb = terminal._reply_cb = terminal._cb_err = None
    terminal._free = weakref.finalize(terminal, lib.ghostty_terminal_free, made[0])
    return terminal


def rows(terminal: Terminal, first: int, last: int) -> list[str]:
    """Rows `first` to `last`, from the top of the history, as text with SGR sequences.

    Blank cells at the ends are left out; every row closes the styles it opens.
    """
    columns, _ = terminal.size
    selection = init_sized("GhosttySelection")
    selection.start = terminal.ref(0, first, "screen")[0]
    selection.end = terminal.ref(columns - 1, last, "screen")[0]
    options = init_sized("GhosttyFormatterTerminalOptions")
    options.emit = lib.GHOSTTY_FORMATTER_FORMAT_VT
    options.trim = True
    options.selection = selection
    formatter = ffi.new("GhosttyFormatter*")
    new = lib.ghostty_formatter_terminal_new
    check(new(ffi.NULL, formatter, terminal._t[0], options[0]), "formatter")
    text = ffi.new("uint8_t**")
    length = ffi.new("size_t*")
    try:
        format_alloc = lib.ghostty_formatter_format_alloc
        check(format_alloc(formatter[0], ffi.NULL, text, length), "format")
        # Without any text there is no buffer either.
        whole = ffi.buffer(text[0], length[0])[:] if length[0] else b""
        lib.ghostty_free(ffi.NULL, text[0], length[0])
    finally:
        lib.ghostty_formatter_free(formatter[0])
    found = whole.decode("utf-8", "replace").split("\r\n")
    return found + [""] * (last - first + 1 - len(found))


def wraps(terminal: Terminal, y: int) -> bool:
    """Whether row `y`, from the top of the history, goes on in the next one."""
    row = ffi.new("GhosttyRow*")
    flag = ffi.new("bool*")
    check(lib.ghostty_grid_ref_row(terminal.ref(0, y, "screen"), row), "row")
    check(lib.ghostty_row_get(row[0], lib.GHOSTTY_ROW_DATA_WRAP, flag), "wrap")
    return bool(flag[0])


class Anchor:
    """A row that is followed wherever it goes: when rows above it are given up, it moves up."""

    def __init__(self) -> None:
        self._ref: Any = None

    def drop(self, terminal: Terminal, y: int) -> None:
        """Hold on to row `y`, from the top of the history."""
        self.release()
        signature = "GhosttyResult(*)(GhosttyTerminal, GhosttyPointS, GhosttyTrackedGridRef*)"
        track = union_fn("ghostty_terminal_grid_ref_track", signature)
        point = ffi.new("GhosttyPointS*")
        point.tag = lib.GHOSTTY_POINT_TAG_SCREEN
        point.value.y = y
        self._ref = ffi.new("GhosttyTrackedGridRef*")
        check(track(terminal._t[0], point[0], self._ref), "track")

    def row(self) -> int:
        """Where the row is now; -1 if it is no more."""
        if self._ref is None:
            return -1
        where = ffi.new("GhosttyPointCoordinate*")
        tag = lib.GHOSTTY_POINT_TAG_SCREEN
        found = lib.ghostty_tracked_grid_ref_point(self._ref[0], tag, where)
        return int(where.y) if found == lib.GHOSTTY_SUCCESS else -1

    def release(self) -> None:
        """Let go; needed before the terminal is freed."""
        if self._ref is not None:
            lib.ghostty_tracked_grid_ref_free(self._ref[0])
            self._ref = None
