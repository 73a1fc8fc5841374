"""What is said of a prompt before its tokens: how much came from where, and how it was asked."""

from console.view.inspected import LABELS, Inspected
from console.view.line import Line, line
from engine.figures import number
from engine.run import Sampling
from engine.shortening import in_words

BAR = 24
"""Cells of a full bar."""


def summary(shown: Inspected, index: int, count: int) -> str:
    """One sentence: which prompt, how big, how much of it was there before."""
    sent = shown.sent
    room = f" of {sent.window:,} ({len(sent.ids) / sent.window:.1%})" if sent.window else ""
    which = f"turn {sent.turn} · prompt {index + 1} of {count}"
    new = len(sent.ids) - sent.cached
    return f"{which} · {len(sent.ids):,} tok{room} · {sent.cached:,} cached, {new:,} new"


def facts(shown: Inspected, before: int | None) -> list[Line]:
    """Counts per origin, the template's own insertions, what was shortened, and how it was asked.

    `before`: how many ids the prompt before this one had; none for the first.
    """
    lines = [_bar(shown, index) for index in range(len(shown.counts))]
    lines += [_inserted(shown), _asked(shown)]
    sent = shown.sent
    if sent.shortened is not None:
        lines.append(line(("shortened ", "warn"), in_words(sent.shortened), indent=10))
    if before is not None:
        lines.append(_change(shown, before))
    if not shown.named:
        words = "this recording does not name its ids: texts are the scrollback's"
        lines.append(line(("unnamed   ", "warn"), (words, "note"), indent=10))
    return [one for one in lines if one.pieces] + [line("")]


def sampling_words(sampling: Sampling) -> str:
    """The settings that say how a token is drawn; those that are off are left out."""
    words = [f"temperature {sampling.temperature:g}"]
    words += [f"top-p {sampling.top_p:g}"] if sampling.top_p < 1 else []
    words += [f"top-k {sampling.top_k}"] if sampling.top_k else []
    words += [f"min-p {sampling.min_p:g}"] if sampling.min_p else []
    penalty = sampling.repetition_penalty
    words += [f"penalty {penalty:g}"] if penalty != 1 else []
    return ", ".join([*words, f"at most {number(sampling.max_tokens, 'token')}"])


def _bar(shown: Inspected, index: int) -> Line:
    count = shown.counts[index]
    full = max(1, round(BAR * count.of_prompt))
    window = f" · {count.of_window:.1%} of the window" if count.of_window else ""
    return line(
        (f"{LABELS[count.origin]:<9} ", f"origin-{count.origin}-label"),
        ("▇" * full, f"origin-{count.origin}"),
        ("▁" * (BAR - full), "faint"),
        f" {number(count.tokens, 'token')}",
        (f" · {count.of_prompt:.0%}{window}", "note"),
        indent=10,
    )


def _inserted(shown: Inspected) -> Line:
    own = shown.inserted
    if not own:
        return line()
    text = " ".join("".join(one.text for one in own).split())
    said = f": “{text}”" if text else ""
    return line(
        ("inserted  ", "warn"),
        f"the template put in {number(sum(map(len, own)), 'token')} that are in no turn",
        (said, "origin-skeleton"),
        indent=10,
    )


def _asked(shown: Inspected) -> Line:
    sent = shown.sent
    words: list[str] = []
    if sent.sampling is not None:
        words.append(sampling_words(sent.sampling))
    if sent.spec is not None:
        words.append(f"rng {sent.spec.rng}")
    if sent.provenance is not None:
        known = sent.provenance
        words += [known.model, known.device, known.dtype]
        words += [f"forward {known.forward}"] if known.forward else []
    return line(("asked     ", "rule-label"), " · ".join(words), indent=10) if words else line()


def _change(shown: Inspected, before: int) -> Line:
    sent = shown.sent
    if sent.kept >= before:
        return line(
            ("past      ", "rule-label"),
            ("unchanged since the prompt before; what is new stands at the end", "note"),
            indent=10,
        )
    anew = len(sent.ids) - sent.kept
    return line(
        ("past      ", "warn"),
        f"changed as of token {sent.kept:,}: {before - sent.kept:,} tokens of the prompt before "
        f"are gone, {anew:,} had to be computed",
        indent=10,
    )
