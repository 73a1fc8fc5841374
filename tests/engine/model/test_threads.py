"""The number of threads follows what is faster, with a clock that is set by hand."""

from collections.abc import Callable

from engine.model.threads import Pace


class Machine:
    """Steps that take as long as they are told to, by the number of threads."""

    def __init__(self, cores: int = 2) -> None:
        self.now = 0.0
        self.threads = 0
        self.used: list[int] = []
        self.pace = Pace(cores, lambda: self.now, self._choose)

    def _choose(self, threads: int) -> None:
        self.threads = threads

    def steps(self, count: int, seconds: Callable[[int], float], tokens: int = 1) -> list[int]:
        """How many threads each of so many steps had."""
        self.used = []
        for _ in range(count):
            self.pace.begin(tokens)
            self.used.append(self.threads)
            self.now += seconds(self.threads)
            self.pace.end()
        return self.used


def quiet(threads: int) -> float:
    return 1.0 / threads


def busy(threads: int) -> float:
    return 1.0 if threads == 1 else 4.0


def test_it_begins_with_a_core_left_free() -> None:
    assert set(Machine(cores=4).steps(4, quiet)) == {3}


def test_on_a_quiet_machine_all_cores_are_taken_within_one_answer() -> None:
    machine = Machine()
    machine.steps(14, quiet)
    assert set(machine.steps(20, quiet)) == {2}
    assert machine.steps(1000, quiet).count(2) > 980


def test_beside_a_busy_program_a_core_stays_free_and_trials_grow_rare() -> None:
    machine = Machine()
    early = machine.steps(100, busy).count(2)
    machine.steps(2000, busy)
    late = machine.steps(1000, busy).count(2)
    assert 2 <= early <= 12
    assert late <= 6


def test_a_program_that_starts_is_given_way_to_at_once() -> None:
    machine = Machine()
    machine.steps(200, quiet)
    machine.steps(8, busy)
    assert set(machine.steps(6, busy)) == {1}


def test_a_program_that_ends_is_noticed() -> None:
    machine = Machine()
    machine.steps(3000, busy)
    machine.steps(600, quiet)
    assert set(machine.steps(4, quiet)) == {2}


def test_what_is_no_faster_is_left_alone() -> None:
    machine = Machine()
    machine.steps(300, lambda threads: 1.0 / threads**0.1)
    assert machine.steps(100, lambda threads: 1.0 / threads**0.1).count(2) <= 8


def test_steps_of_other_sizes_are_judged_apart() -> None:
    machine = Machine()
    machine.steps(30, quiet, tokens=1)
    machine.steps(40, busy, tokens=64)
    assert set(machine.steps(4, quiet, tokens=1)) == {2}
    assert machine.steps(20, busy, tokens=64).count(1) >= 16


def test_steps_of_a_new_size_begin_with_what_was_found_for_the_last() -> None:
    machine = Machine()
    machine.steps(40, quiet, tokens=1)
    assert set(machine.steps(3, quiet, tokens=300)) == {2}
