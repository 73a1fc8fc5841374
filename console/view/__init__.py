"""What the screen shows, as plain state folded from events; nothing here knows of a screen."""
