"""How much logits differ by rounding alone, and whether that explains a divergence."""

NOISE = {"float32": 2e-3, "float16": 0.15, "bfloat16": 0.75}
"""In logits: by how much a token's lead over another can change with what it was computed with, by the
coarser of the two number formats. Over 414 tokens recorded in float32 with the embedded model and
scored again, log-probabilities moved by at most 0.28 in bfloat16 and 0.038 in float16, and the token
that was drawn missed by at most 0.19 and 0.006; generated in float32 they came out the same to the last
digit."""

_OF_SCRIPTS = 0.0
"""What a script says has no noise, nor has anything of a format that is not known."""


def bound(recorded: str, now: str) -> float:
    """The noise to be allowed between two dtypes, in logits."""
    return max(NOISE.get(recorded, _OF_SCRIPTS), NOISE.get(now, _OF_SCRIPTS))


def explains(
    allowed: float, behind: float | None, recorded: float | None, recorded_now: float | None
) -> tuple[bool, str]:
    """Whether noise of up to `allowed` logits explains that a token is not chosen again, and why.

    `behind`: by how much it misses being chosen, in logits; `recorded`, `recorded_now`: what the model
    thought of it then and thinks now, as logarithms.
    """
    if recorded is not None and recorded_now is not None:
        moved = abs(recorded - recorded_now)
        if moved > allowed:
            return False, (
                f"the recorded token's log-probability was {recorded:.3f} and is {recorded_now:.3f}, "
                f"{moved:.3f} apart, where rounding explains {allowed:g}"
            )
    if behind is None:
        return False, "the recorded token is left out by truncation, or cannot be chosen"
    if behind > allowed:
        return False, f"it misses by {behind:.3f} logits, where rounding explains {allowed:g}"
    return True, f"it misses by {behind:.5f} logits, and rounding explains {allowed:g}"
