"""Drift: telling commands from everything else, and scoring what a run came to."""
