"""Seeds: the synthetic scrollback an operator is primed with, as files, elements and configs."""
