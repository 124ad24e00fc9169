"""Conditions and computed values: a small language over answers, earlier answers, scores and the day.

`wb_mood <= 2 and slot == "evening"`, `mean(wb_mood, wb_calm)`, `not answered(last.housing)`. Read by a parser of its
own, never by Python: there is nothing to call but the functions in `functions`, nothing to reach but names that the
study knows, and text, depth and size are bounded, so that reading and evaluating take a bounded number of steps.

What has no answer is missing, and missing is neither true nor false: a comparison with it is missing, `not` of it is
missing, `false and missing` is false, `true or missing` is true (Kleene's three values). A condition that comes out
missing does not hold. Ask `answered(x)` where the difference matters.
"""

from __future__ import annotations

from ema.domain.expressions.checking import Known, Problem, check
from ema.domain.expressions.evaluating import Facts, Given, evaluate, holds
from ema.domain.expressions.functions import Kind
from ema.domain.expressions.parsing import BadExpression, parse
from ema.domain.expressions.possible import never_true
from ema.domain.expressions.tree import Expression, Value, names_in, write

__all__ = [
    "BadExpression",
    "Expression",
    "Facts",
    "Given",
    "Kind",
    "Known",
    "Problem",
    "Value",
    "check",
    "evaluate",
    "holds",
    "names_in",
    "never_true",
    "parse",
    "write",
]
