"""What is remembered: the store of recorded sessions, and what can be done with them."""
