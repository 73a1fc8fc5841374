"""What a report on an experiment says, and its forms: HTML, Markdown, CSV and JSON."""

from console.report.writing import Report, save, write

__all__ = ["Report", "save", "write"]
