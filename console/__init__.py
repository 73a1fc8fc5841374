"""What a person sees: the Textual app, its screens and panes, and the command line."""
