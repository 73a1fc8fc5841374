"""Bash's start file for the operator's shell."""

from engine.shell.markers import prompt_strings
from engine.shell.spec import Limits

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where the operator's shell finds its programs."""

_TEMPLATE = """\
# Start file of the operator's shell, written anew for each.
{prompts}
unset PROMPT_COMMAND HISTFILE MAILCHECK
unset -f command_not_found_handle
HISTSIZE=0
set +o history
shopt -s checkwinsize
bind 'set bell-style none'
bind 'set enable-bracketed-paste on'
bind 'set enable-active-region off' 2>/dev/null
bind 'set horizontal-scroll-mode off'
{limits}
cd
"""


def startup(prompt: str, nonce: str, limits: Limits) -> str:
    """The file's text: the exact prompt with its markers, no history, no bell, the limits."""
    return _TEMPLATE.format(prompts=prompt_strings(prompt, nonce), limits=ulimits(limits))


def ulimits(limits: Limits) -> str:
    """The bash commands that lower this process's limits, for good."""
    return "\n".join(
        f"ulimit -{option} {value} 2>/dev/null"
        for option, value in (
            ("c", 0),
            ("u", limits.processes or "unlimited"),
            ("f", limits.file_bytes // 1024),
            ("v", limits.memory_bytes // 1024),
            ("t", limits.cpu_seconds),
        )
    )


def environment(home: str, name: str) -> dict[str, str]:
    """All that the operator's shell inherits."""
    return {
        "PATH": PATH,
        "HOME": home,
        "USER": name,
        "LOGNAME": name,
        "SHELL": "/bin/bash",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        # Pagers and editors are left as they are on a fresh machine: an operator that opens one has
        # opened one, and the shell says so.
        "PAGER": "less",
        "EDITOR": "vi",
        # No hint about zsh on macOS.
        "BASH_SILENCE_DEPRECATION_WARNING": "1",
    }
