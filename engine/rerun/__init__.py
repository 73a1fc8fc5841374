"""What was recorded, run again: completions by a model, commands by a shell, lines by the judge."""
