"""What can go wrong in a way a person can act on.

Every message is one sentence or two that name what failed, on what, and what to do. Whoever meets
one of these at an edge (a screen, a command) shows the message and nothing else.
"""


class DrifttyError(Exception):
    """Something failed that the person can act on."""


class ModelError(DrifttyError):
    """A model could not be fetched, read, loaded or run."""


class WorkerGone(ModelError):
    """The model's process went away while it was needed."""


class PromptUnsafe(ModelError):
    """Content would have become control tokens, or a chat template moved or dropped content."""


class ShellError(DrifttyError):
    """The operator's shell could not be started or driven."""


class SandboxUnavailable(ShellError):
    """No sandbox works on this machine and running without one was not asked for."""


class SeedError(DrifttyError):
    """A seed file or a config's name is wrong; the message names file, line and field."""


class TaskError(DrifttyError):
    """A task file is wrong; the message names file, line and field."""


class StoreError(DrifttyError):
    """The recorded sessions cannot be read or written."""


class SettingsError(DrifttyError):
    """A setting, keymap or theme file is wrong; the message names file and field."""
