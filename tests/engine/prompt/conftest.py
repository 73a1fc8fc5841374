from typing import Any

import pytest
from transformers import AutoTokenizer

from engine.model.catalogue import ModelFiles


@pytest.fixture(scope="session")
def tokenizer(embedded_model: ModelFiles) -> Any:
    """The embedded model's tokenizer; a test that changes it changes a copy."""
    return AutoTokenizer.from_pretrained(embedded_model.folder)
