"""Prompts: scrollback to token ids, safely, and what the model writes back to typed parts."""
