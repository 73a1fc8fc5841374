"""The panes: widgets that draw one concern of the view each, line by line."""
