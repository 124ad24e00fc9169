"""The one exception of this room."""


class AnalysisError(ValueError):
    """The input can't be analysed as asked. The text is one plain line, fit for a person to read."""
