"""The model behind one protocol: a local worker process, or a script for tests and demos."""
