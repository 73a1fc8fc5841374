"""An experiment as a person sees it: a pure view over its snapshots and results, and its plots."""
