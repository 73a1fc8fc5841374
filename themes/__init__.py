"""How it looks: style sheets and theme files. No logic."""
