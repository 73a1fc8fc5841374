"""What is wrong with a payload: rules over the scrollback and the ids it became."""
