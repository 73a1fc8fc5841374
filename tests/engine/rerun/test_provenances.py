from msgspec.structs import replace

from engine.rerun.finding import ProvenanceDifference
from engine.rerun.provenances import differences
from engine.version import VERSION
from tests.sessions.made import PROVENANCE


def test_the_same_model_on_the_same_machine_is_no_difference() -> None:
    assert differences(VERSION, PROVENANCE, PROVENANCE) == ()


def test_whatever_differs_is_named_with_what_it_was_and_is() -> None:
    now = replace(PROVENANCE, dtype="float32", libraries={"python": "3.11", "torch": "2.14.0"})
    assert differences("0.0.1", replace(PROVENANCE, dtype="bfloat16"), now) == (
        ProvenanceDifference(what="driftty", recorded="0.0.1", now=VERSION),
        ProvenanceDifference(what="dtype", recorded="bfloat16", now="float32"),
        ProvenanceDifference(what="torch", recorded="2.13.0", now="2.14.0"),
    )


def test_another_forward_is_a_difference_and_an_unknown_one_is_none() -> None:
    now = replace(PROVENANCE, forward="written out")
    then = replace(PROVENANCE, forward="transformers")
    assert differences(VERSION, then, now) == (
        ProvenanceDifference(what="forward", recorded="transformers", now="written out"),
    )
    assert differences(VERSION, replace(PROVENANCE, forward=""), now) == ()


def test_a_recording_in_which_no_model_answered_differs_in_nothing_but_the_version() -> None:
    assert differences(VERSION, None, PROVENANCE) == ()
