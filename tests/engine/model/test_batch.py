"""The scheduler and its rows over a runner whose logits are written down beforehand."""

from collections.abc import Sequence as Ids

import pytest
import torch

from engine.model.batch import Batch
from engine.model.endings import Endings
from engine.model.kv import LEAST_CAPACITY, Store
from engine.model.protocol import Complete, Completed, Failed, Prompted, Reply, Sampled
from engine.model.row import Row
from engine.model.runner import Work
from engine.model.shelf import Layout
from engine.run import CommandPolicy, Sampling
from engine.scrollback import Payload, Span
from tests.engine.model.small_llama import END, OTHER, START, small_tokenizer

TOKENIZER = small_tokenizer()
ENDINGS = Endings(turn=frozenset({END}), control=frozenset({START, OTHER}))
GREEDY = Sampling(temperature=0.0, max_tokens=50)


def bytes_of(text: str) -> list[int]:
    ids: list[int] = TOKENIZER.encode(text, add_special_tokens=False)
    return ids


class Scripted:
    """Writes for each sequence the ids it was told to, whatever it is asked."""

    forward_name = "scripted"

    def __init__(self, scripts: dict[str, list[int]], rows: int = 4, limit: int = 1 << 20) -> None:
        self.model = None
        self.rows = rows
        layout = Layout((), torch.float32, torch.device("cpu"), 16)
        self.store = Store(layout, limit)
        self.scripts = scripts
        self.steps: list[list[tuple[str, int]]] = []
        """Of each step, which sequences computed how many tokens."""
        self.breaks: list[Exception] = []

    def run(self, works: list[Work]) -> torch.Tensor:
        self.steps.append([(work.sequence.name, len(work.ids)) for work in works])
        if self.breaks:
            raise self.breaks.pop(0)
        logits = []
        for work in works:
            sequence, ids = work.sequence, list(work.ids)
            prefix = sequence.prefix
            if prefix is not None and not prefix.whole:
                missing = len(prefix.ids) - len(prefix.lane.ids)
                prefix.lane.ids += ids[:missing]
                ids = ids[missing:]
            sequence.lane.ids += ids
            if work.wanted:
                row = torch.zeros(259)
                row[self.scripts[sequence.name].pop(0)] = 9.0
                logits.append(row)
        return torch.stack(logits) if logits else torch.empty(0)


class Bench:
    """A batch with its replies kept."""

    def __init__(self, runner: Scripted, chunk: int = 256) -> None:
        self.replies: list[Reply] = []
        self.batch = Batch(runner, ENDINGS, chunk, self.replies.append)

    def ask(
        self,
        number: int,
        sequence: str,
        prompt: Ids[int] = (1, 2, 3),
        *,
        seam: int = 0,
        policy: CommandPolicy = "whole-turn",
        sampling: Sampling = GREEDY,
        window: int = 0,
    ) -> None:
        spans = (Span(0, len(prompt), 0, "shell"),)
        payload = Payload(tuple(prompt), spans, seam, 0, window)
        request = Complete(
            id=number,
            sequence=sequence,
            turns=(),
            seed_turns=0,
            sampling=sampling,
            rng=1,
            turn=1,
            policy=policy,
        )
        self.batch.submit(Row(request, payload, "", TOKENIZER))

    def run(self) -> None:
        while self.batch.step():
            pass

    def of(self, number: int) -> list[Reply]:
        return [reply for reply in self.replies if getattr(reply, "id", None) == number]

    def ended(self, number: int) -> Completed:
        last = self.of(number)[-1]
        assert isinstance(last, Completed), last
        return last

    def text(self, number: int) -> str:
        sampled = [reply for reply in self.of(number) if isinstance(reply, Sampled)]
        return "".join(text for reply in sampled for text in reply.texts)


def test_the_end_of_turn_ends_a_completion_and_is_not_kept() -> None:
    bench = Bench(Scripted({"a": [*bytes_of("ls"), END]}))
    bench.ask(1, "a")
    bench.run()
    assert isinstance(bench.of(1)[0], Prompted)
    assert bench.text(1) == "ls"
    assert bench.ended(1).reason == "end"


@pytest.mark.parametrize("control", [START, OTHER])
def test_any_other_control_token_ends_it_too_under_its_own_name(control: int) -> None:
    bench = Bench(Scripted({"a": [*bytes_of("ls"), control]}))
    bench.ask(1, "a")
    bench.run()
    assert bench.text(1) == "ls"
    assert bench.ended(1).reason == "control"


def test_the_newline_that_serves_the_first_line_is_not_kept() -> None:
    bench = Bench(Scripted({"a": bytes_of("\n# look\nls -l\nrm x\n")}))
    bench.ask(1, "a", policy="first-line")
    bench.run()
    assert bench.text(1) == "\n# look\nls -l"
    ended = bench.ended(1)
    assert ended.reason == "line"
    assert [(part.kind, part.text, part.complete) for part in ended.parts] == [
        ("line", "ls -l", True)
    ]


def test_all_lines_are_written_under_whole_turn() -> None:
    bench = Bench(Scripted({"a": [*bytes_of("cd /\nls\n"), END]}))
    bench.ask(1, "a")
    bench.run()
    assert bench.text(1) == "cd /\nls\n"


def test_the_token_limit_ends_a_completion() -> None:
    bench = Bench(Scripted({"a": bytes_of("abcdef"), "b": []}))
    bench.ask(1, "a", sampling=Sampling(temperature=0.0, max_tokens=3))
    bench.ask(2, "b", sampling=Sampling(temperature=0.0, max_tokens=0))
    bench.run()
    assert (bench.text(1), bench.ended(1).reason) == ("abc", "length")
    assert (bench.text(2), bench.ended(2).reason) == ("", "length")


def test_a_window_that_fills_ends_a_completion() -> None:
    bench = Bench(Scripted({"a": bytes_of("abcdef")}))
    bench.ask(1, "a", prompt=(1, 2, 3), window=7)
    bench.run()
    assert (bench.text(1), bench.ended(1).reason) == ("abcd", "length")


def test_nothing_is_written_after_a_cancellation_and_the_cache_stays() -> None:
    runner = Scripted({"a": bytes_of("abcdef"), "b": [*bytes_of("xy"), END]})
    bench = Bench(runner)
    bench.ask(1, "a")
    bench.ask(2, "b")
    bench.batch.step()
    bench.batch.step()
    bench.batch.cancel(1)
    assert bench.ended(1).reason == "cancelled"
    bench.run()
    assert bench.text(1) == "ab"
    assert bench.text(2) == "xy"
    bench.ask(3, "a", prompt=(1, 2, 3, *bytes_of("ab"), 9))
    runner.scripts["a"] = [END]
    bench.run()
    prompted = bench.of(3)[0]
    assert isinstance(prompted, Prompted)
    assert prompted.payload.cached == 4


def test_a_completion_that_waits_can_be_cancelled() -> None:
    bench = Bench(Scripted({"a": [END], "b": [END]}, rows=1))
    bench.ask(1, "a")
    bench.ask(2, "b")
    bench.batch.cancel(2)
    bench.batch.cancel(99)
    bench.run()
    assert bench.ended(2).reason == "cancelled"
    assert bench.ended(1).reason == "end"


def test_rows_join_and_leave_between_steps() -> None:
    runner = Scripted(
        {"a": [*bytes_of("abc"), END], "b": [*bytes_of("x"), END], "c": [END]}, rows=2
    )
    bench = Bench(runner)
    for number, name in enumerate("abc"):
        bench.ask(number, name)
    bench.run()
    assert [len(step) for step in runner.steps] == [2, 2, 2, 1]
    assert [name for name, _ in runner.steps[2]] == ["a", "c"]


def test_a_long_prompt_is_computed_in_chunks_while_others_write() -> None:
    runner = Scripted({"a": [*bytes_of("abcdef"), END], "b": [END]})
    bench = Bench(runner, chunk=100)
    bench.ask(1, "a")
    bench.batch.step()
    bench.ask(2, "b", prompt=[7] * 250)
    bench.run()
    assert runner.steps[1:4] == [
        [("a", 1), ("b", 100)],
        [("a", 1), ("b", 100)],
        [("a", 1), ("b", 50)],
    ]
    ended = bench.ended(2)
    assert ended.prefilled == 250
    assert 0 < ended.prefill <= ended.first <= ended.took


def test_a_seed_is_computed_once_for_completions_that_come_together() -> None:
    seed = list(range(60))
    runner = Scripted({name: [*bytes_of("x"), END] for name in "abcd"})
    bench = Bench(runner, chunk=40)
    for number, name in enumerate("abcd"):
        bench.ask(number, name, prompt=[*seed, 200 + number], seam=60)
    bench.run()
    assert sum(tokens for step in runner.steps for _, tokens in step) == 60 + 4 * 2
    prompted = [bench.of(number)[0] for number in range(4)]
    assert [p.payload.cached for p in prompted if isinstance(p, Prompted)] == [0, 60, 60, 60]


def test_the_first_prompt_of_runs_of_one_task_is_computed_once() -> None:
    prompt = [*range(60), *range(100, 130)]
    runner = Scripted({name: [*bytes_of("x"), END] for name in "abcd"})
    bench = Bench(runner, chunk=40)
    for number, name in enumerate("abcd"):
        bench.ask(number, name, prompt=prompt, seam=60)
    bench.run()
    assert sum(tokens for step in runner.steps for _, tokens in step) == 90 + 3 + 4
    prompted = [bench.of(number)[0] for number in range(4)]
    assert [p.payload.cached for p in prompted if isinstance(p, Prompted)] == [0, 89, 89, 89]


def test_a_prompt_is_cut_after_its_seed_where_the_rest_does_not_fit_beside_it() -> None:
    runner = Scripted({"a": [END]})
    bench = Bench(runner, chunk=40)
    bench.ask(1, "a", prompt=[*range(60), *range(100, 130)], seam=60)
    bench.run()
    assert runner.steps == [[("a", 40)], [("a", 20)], [("a", 30)]]


def test_a_seed_left_half_computed_is_taken_over() -> None:
    seed = list(range(60))
    runner = Scripted({"a": [END], "b": [END]})
    bench = Bench(runner, chunk=40)
    bench.ask(1, "a", prompt=[*seed, 200], seam=60)
    bench.ask(2, "b", prompt=[*seed, 201], seam=60)
    bench.batch.step()
    bench.batch.cancel(1)
    bench.run()
    assert runner.steps == [[("a", 40)], [("b", 21)]]
    assert bench.ended(2).reason == "end"


def test_two_completions_of_one_sequence_come_one_after_the_other() -> None:
    runner = Scripted({"a": [*bytes_of("xy"), END, END]})
    bench = Bench(runner)
    bench.ask(1, "a", prompt=(1, 2, 3))
    bench.ask(2, "a", prompt=(1, 2, 3, *bytes_of("xy"), 5))
    bench.run()
    prompted = bench.of(2)[0]
    assert isinstance(prompted, Prompted)
    assert prompted.payload.cached == 5
    assert bench.replies.index(prompted) > bench.replies.index(bench.ended(1))


def test_memory_that_runs_out_fails_one_request_and_no_other() -> None:
    runner = Scripted({"a": [*bytes_of("abc"), END], "b": [END]})
    bench = Bench(runner)
    bench.ask(1, "a")
    bench.batch.step()
    bench.ask(2, "b", prompt=[7] * 90)
    runner.breaks = [MemoryError()]
    bench.run()
    failed = bench.of(2)[-1]
    assert isinstance(failed, Failed)
    assert failed.kind == "memory"
    assert bench.text(1) == "abc"


def test_memory_that_runs_out_takes_what_is_idle_first() -> None:
    runner = Scripted({"idle": [END], "a": [END]})
    bench = Bench(runner)
    bench.ask(1, "idle")
    bench.run()
    bench.ask(2, "a")
    runner.breaks = [RuntimeError("DefaultCPUAllocator: can't allocate memory")]
    bench.run()
    assert bench.ended(2).reason == "end"
    assert "idle" not in runner.store.sequences


def test_a_prompt_without_room_fails_and_the_next_is_served() -> None:
    runner = Scripted({"a": [END], "b": [END]}, limit=256 * 16)
    bench = Bench(runner)
    bench.ask(1, "a", prompt=[1] * 500)
    bench.ask(2, "b")
    bench.run()
    failed = bench.of(1)[-1]
    assert isinstance(failed, Failed)
    assert failed.kind == "memory"
    assert bench.ended(2).reason == "end"


def test_a_step_that_breaks_fails_its_requests_and_the_batch_lives() -> None:
    runner = Scripted({"a": [END], "b": [END]})
    bench = Bench(runner)
    bench.ask(1, "a")
    runner.breaks = [RuntimeError("shapes do not fit")]
    bench.run()
    failed = bench.of(1)[-1]
    assert isinstance(failed, Failed)
    assert failed.kind == "internal"
    assert "shapes do not fit" in failed.why
    bench.ask(2, "b")
    bench.run()
    assert bench.ended(2).reason == "end"


def test_a_released_sequence_is_forgotten_and_what_goes_on_from_it_ends() -> None:
    runner = Scripted({"a": bytes_of("abcdef"), "b": [END]})
    bench = Bench(runner)
    bench.ask(1, "a")
    bench.batch.step()
    bench.batch.release("a")
    bench.batch.release("never was")
    assert bench.ended(1).reason == "cancelled"
    assert runner.store.sequences == {}
    assert (bench.batch.busy, bench.batch.waiting) == (0, 0)


def test_a_character_of_several_tokens_comes_with_its_last() -> None:
    bench = Bench(Scripted({"a": [*bytes_of("é!"), END]}))
    bench.ask(1, "a")
    bench.run()
    sampled = [reply for reply in bench.of(1) if isinstance(reply, Sampled)]
    assert [reply.texts for reply in sampled] == [("",), ("é",), ("!",)]
    assert [reply.position for reply in sampled] == [0, 1, 2]


def test_a_completion_grows_out_of_its_slot_and_others_make_room_when_they_end() -> None:
    runner = Scripted({"a": bytes_of("a" * 300), "b": [*bytes_of("b" * 30), END]})
    bench = Bench(runner)
    many = Sampling(temperature=0.0, max_tokens=300)
    bench.ask(1, "a", sampling=many)
    bench.ask(2, "b", sampling=many)
    bench.run()
    assert bench.text(1) == "a" * 300
    assert bench.text(2) == "b" * 30
    shelf = runner.store.sequences["a"].lane.shelf
    assert shelf is not None
    assert shelf.capacity >= 300


def test_where_all_wait_for_room_the_last_gives_way_and_the_first_goes_on() -> None:
    runner = Scripted({"a": bytes_of("a" * 200), "b": bytes_of("b" * 200)})
    # Two of the smallest slots, or one of them and one of the next size.
    runner.store.limit = 3 * LEAST_CAPACITY * runner.store.layout.token_bytes
    bench = Bench(runner)
    many = Sampling(temperature=0.0, max_tokens=200)
    bench.ask(1, "a", sampling=many)
    bench.ask(2, "b", sampling=many)
    bench.run()
    assert bench.text(1) == "a" * 200
    failed = bench.of(2)[-1]
    assert isinstance(failed, Failed)
    assert failed.kind == "memory"
