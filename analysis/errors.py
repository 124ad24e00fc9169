"""The exceptions of this room. Their text is one plain line, fit for a person to read."""


class AnalysisError(ValueError):
    """The input can't be analysed as asked."""


class NotEstimable(AnalysisError):
    """The question is fine, but these data can't answer it."""
