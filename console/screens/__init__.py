"""The screens and dialogs: what a person meets, made of panes."""
