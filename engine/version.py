"""The version of driftty, recorded with every session."""

VERSION = "0.1.0"
