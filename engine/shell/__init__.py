"""The shell: a real bash on a pseudo-terminal, its markers, its sandbox and its terminal state."""
