from engine.shell.tail import Relay, Tail


def test_a_tail_keeps_the_end_and_counts_the_rest() -> None:
    tail = Tail(10)
    for piece in (b"abcd", b"efgh", b"ijkl", b"m"):
        tail.add(piece)
    assert tail.take() == (b"defghijklm", 3)
    assert tail.take() == (b"", 0)


def test_one_piece_larger_than_the_bound_is_cut() -> None:
    tail = Tail(4)
    tail.add(b"x" * 100 + b"tail")
    assert tail.take() == (b"tail", 100)


class Listener:
    def __init__(self) -> None:
        self.heard: list[bytes | int] = []
        self.relay = Relay(100, self.heard.append, self.heard.append)

    @property
    def bytes(self) -> int:
        return sum(len(piece) for piece in self.heard if isinstance(piece, bytes))

    @property
    def missing(self) -> int:
        return sum(piece for piece in self.heard if isinstance(piece, int))


async def test_up_to_the_bound_everything_is_handed_on_at_once() -> None:
    listener = Listener()
    listener.relay.feed(b"a" * 60)
    listener.relay.feed(b"b" * 40)
    assert listener.heard == [b"a" * 60, b"b" * 40]


async def test_of_a_flood_the_newest_is_handed_on_and_the_rest_counted() -> None:
    listener = Listener()
    for _ in range(1000):
        listener.relay.feed(b"y\r\n" * 1000)
    listener.relay.feed(b"the end")
    assert listener.heard == []
    listener.relay.flush()
    assert isinstance(listener.heard[-1], bytes)
    assert listener.heard[-1].endswith(b"the end")
    assert listener.bytes < 20_000
    assert listener.bytes + listener.missing == 3_000_007


async def test_the_next_command_may_fill_the_bound_again() -> None:
    listener = Listener()
    listener.relay.feed(b"y" * 200)
    listener.relay.restart()
    listener.relay.feed(b"z" * 50)
    assert listener.heard == [b"y" * 200, b"z" * 50]
