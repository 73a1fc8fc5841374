"""Drawings as SVG: small, self-contained, for light and dark, with text that can be selected."""
