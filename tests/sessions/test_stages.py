"""A session's stages, summed up."""

from engine.events import StageTimed
from sessions.stages import StageFigures, Stages
from tests.sessions.made import make_session


def fold(session: str = "x", limit: int | None = None) -> StageFigures:
    stages = Stages()
    for event in make_session(session)[:limit]:
        stages.absorb(event)
    return stages.figures()


def test_a_whole_session_s_figures() -> None:
    assert fold() == StageFigures(
        load_ms=900.0,
        bring_up_ms=14.0,
        seed_ms=96.0,
        seed_tokens=237,
        first_token_ms=100.0,
        first_completion_ms=600.0,
        completions=2,
        completion_median_ms=600.0,
        tokens=22,
        tokens_per_second=20.0,
        commands=1,
        exec_median_ms=12.0,
        exec_total_ms=12.0,
    )


def test_what_has_not_ended_is_none_not_zero() -> None:
    figures = fold(limit=1)
    assert figures == StageFigures()
    assert figures.load_ms is None
    assert figures.tokens_per_second is None


def test_a_completion_of_one_token_has_no_decode_rate() -> None:
    stages = Stages()
    for stage, took in (("first_token", 100), ("completion", 100)):
        stages.absorb(
            StageTimed(at=0, turn=1, stage=stage, began=0, took=took, tokens=1)  # type: ignore[arg-type]  # The literals above are stages.
        )
    assert stages.figures().tokens_per_second is None
