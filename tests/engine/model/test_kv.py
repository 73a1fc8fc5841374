import torch

from engine.model.kv import LEAST_CAPACITY, Sequence, Store
from engine.model.shelf import Layout

LAYOUT = Layout(((2, 4, 4),), torch.float32, torch.device("cpu"), 64)
SLOT = LEAST_CAPACITY * LAYOUT.token_bytes
SEED = tuple(range(100, 140))


def opened(store: Store, name: str, ids: tuple[int, ...], seam: int = 0) -> Sequence:
    """Open and pretend that all of it has been computed."""
    sequence = store.open(name, ids, seam)
    assert sequence is not None
    assert store.reserve(sequence, len(ids) - sequence.cached)
    if sequence.prefix is not None:
        sequence.prefix.lane.ids = list(sequence.prefix.ids)
    sequence.lane.ids = list(ids[sequence.shared :])
    return sequence


def idle(store: Store, name: str, ids: tuple[int, ...], seam: int = 0) -> Sequence:
    sequence = opened(store, name, ids, seam)
    store.close(sequence)
    return sequence


def test_a_longer_prompt_keeps_all_that_was_computed() -> None:
    store = Store(LAYOUT, 8 * SLOT)
    idle(store, "a", (1, 2, 3))
    again = store.open("a", (1, 2, 3, 4, 5), 0)
    assert again is not None
    assert again.cached == 3


def test_the_same_prompt_leaves_its_last_id_to_compute() -> None:
    store = Store(LAYOUT, 8 * SLOT)
    idle(store, "a", (1, 2, 3))
    again = store.open("a", (1, 2, 3), 0)
    assert again is not None
    assert again.cached == 2


def test_a_prompt_that_is_all_seed_leaves_its_last_id_to_compute() -> None:
    store = Store(LAYOUT, 8 * SLOT)
    idle(store, "a", SEED, len(SEED))
    again = store.open("a", SEED, len(SEED))
    assert again is not None
    assert again.cached == len(SEED) - 1


def test_what_a_prompt_would_find_cached_is_told_without_changing_anything() -> None:
    store = Store(LAYOUT, 8 * SLOT)
    ids = (*SEED, 1, 2, 3)
    idle(store, "a", ids, len(SEED))
    tokens = store.tokens
    assert store.cached("a", (*ids, 4), len(SEED)) == len(ids)
    assert store.cached("a", (*SEED, 1, 9, 9), len(SEED)) == len(SEED) + 1
    assert store.cached("new", (*SEED, 5), len(SEED)) == len(SEED)
    assert store.cached("new", (7, 7, 7), 0) == 0
    assert store.cached("a", (*SEED, 1, 2, 3), 0) == 0
    assert (store.tokens, list(store.sequences)) == (tokens, ["a"])


def test_a_seed_is_kept_once_for_all_its_sequences() -> None:
    store = Store(LAYOUT, 100 * SLOT)
    for name in "abcdefgh":
        idle(store, name, (*SEED, ord(name)), len(SEED))
    assert store.tokens == len(SEED) + 8
    assert len(store.prefixes) == 1


def test_a_second_completion_waits_while_the_first_computes_their_seed() -> None:
    store = Store(LAYOUT, 8 * SLOT)
    first = store.open("a", (*SEED, 1), len(SEED))
    assert first is not None
    assert store.open("b", (*SEED, 2), len(SEED)) is None
    store.close(first)
    second = store.open("b", (*SEED, 2), len(SEED))
    assert second is not None
    assert second.cached == 0


def test_a_second_completion_waits_while_the_first_computes_their_whole_first_prompt() -> None:
    store = Store(LAYOUT, 100 * SLOT)
    idle(store, "earlier", (*SEED, 1), len(SEED))
    task = tuple(range(200, 230))
    first = store.open("a", (*SEED, *task), len(SEED))
    assert first is not None
    assert store.open("b", (*SEED, *task), len(SEED)) is None
    assert store.open("c", (*SEED, *task[:-2], 7, 8), len(SEED)) is not None, "another task"
    assert store.reserve(first, len(task))
    first.lane.ids = list(task)
    second = store.open("b", (*SEED, *task), len(SEED))
    assert second is not None
    assert second.cached == len(SEED) + len(task) - 1


def test_a_beginning_in_common_by_chance_is_computed_anew() -> None:
    store = Store(LAYOUT, 100 * SLOT)
    idle(store, "a", (*SEED, *range(100), 1, 2), len(SEED))
    other = store.open("b", (*SEED, *range(100), 3, 4), len(SEED))
    assert other is not None
    assert other.cached == len(SEED)


def test_a_sequence_in_use_is_not_opened_again() -> None:
    store = Store(LAYOUT, 8 * SLOT)
    opened(store, "a", (1, 2, 3))
    assert store.open("a", (1, 2, 3, 4), 0) is None


def test_when_room_runs_out_the_longest_idle_goes_first_and_the_busy_never() -> None:
    store = Store(LAYOUT, 3 * SLOT)
    idle(store, "old", (1, 1))
    opened(store, "busy", (2, 2))
    idle(store, "young", (3, 3))
    idle(store, "new", (4, 4))
    assert set(store.sequences) == {"busy", "young", "new"}
    assert store.bytes <= store.limit


def test_where_all_are_busy_there_is_no_room() -> None:
    store = Store(LAYOUT, 2 * SLOT)
    opened(store, "a", (1, 1))
    opened(store, "b", (2, 2))
    third = store.open("c", (3, 3), 0)
    assert third is not None
    assert not store.reserve(third, 2)
    assert store.bytes <= store.limit


def test_a_prompt_beyond_the_bound_finds_no_room_and_leaves_the_others_be() -> None:
    store = Store(LAYOUT, 2 * SLOT)
    opened(store, "a", (1, 1))
    big = store.open("big", tuple(range(10 * LEAST_CAPACITY)), 0)
    assert big is not None
    assert not store.reserve(big, 10 * LEAST_CAPACITY)
    assert store.sequences["a"].lane.ids == [1, 1]


def test_a_seed_nobody_goes_on_from_makes_room_too() -> None:
    store = Store(LAYOUT, 2 * SLOT)
    idle(store, "a", (*SEED, 1), len(SEED))
    store.forget("a")
    assert len(store.prefixes) == 1
    opened(store, "b", (5, 5))
    opened(store, "c", (6, 6))
    assert store.prefixes == {}


def test_forgetting_sequences_gives_their_room_back() -> None:
    store = Store(LAYOUT, 100 * SLOT)
    for number in range(32):
        idle(store, str(number), (number, number))
    full = store.bytes
    for number in range(31):
        store.forget(str(number))
    assert store.bytes <= full // 8
    assert store.sequences["31"].lane.ids == [31, 31]
    store.forget("31")
    assert store.bytes == 0


def test_a_store_that_cannot_cut_back_starts_anew() -> None:
    store = Store(LAYOUT, 8 * SLOT, shares=False, rewinds=False)
    idle(store, "a", (1, 2, 3))
    assert store.cached("a", (1, 2, 3, 4), 0) == 3
    assert store.cached("a", (1, 2, 9, 4), 0) == 0
    again = store.open("a", (1, 2, 9, 4), 0)
    assert again is not None
    assert again.cached == 0
