"""Ids sort, can be typed, and never meet."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from sessions.ids import ALPHABET, LENGTH, new_id, read_prefix


def test_ids_ascend_and_never_repeat() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert all(len(one) == LENGTH and set(one) <= set(ALPHABET) for one in ids)


def test_ids_made_in_threads_never_repeat() -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: new_id(), range(8000)))
    assert len(set(ids)) == 8000


def test_a_later_process_makes_later_ids() -> None:
    here = new_id()
    made = "from sessions.ids import new_id; print(new_id())"
    there = subprocess.run([sys.executable, "-c", made], capture_output=True, text=True, check=True)
    assert here < there.stdout.strip() < new_id()


def test_look_alikes_and_case_do_not_matter_when_typing() -> None:
    assert read_prefix(" 6AHO1L ") == "6ah011"
    assert read_prefix("i") == "1"
