"""What runs: events, seeds, prompts, the model's worker, the shell, drift, and the operator's loop."""
