"""The methods paragraph, what it cites, and the versions of what computed the report."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.report.recipes import Study

SOFTWARE = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib")
CITED = """
Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal Statistical Society B 57,
289–300.

Dunn, A. M., et al. (2018). Intra-individual response variability as an indicator of insufficient effort responding.
Journal of Business and Psychology 33, 105–121.

Geldhof, G. J., Preacher, K. J., Zyphur, M. J. (2014). Reliability estimation in a multilevel confirmatory factor
analysis framework. Psychological Methods 19, 72–91.

Hedeker, D., Gibbons, R. D. (1997). Application of random-effects pattern-mixture models for missing data in
longitudinal studies. Psychological Methods 2, 64–78.

Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6, 65–70.

Jahng, S., Wood, P. K., Trull, T. J. (2008). Analysis of affective instability in ecological momentary assessment.
Psychological Methods 13, 354–375.

Jones, R. H., Boadi-Boateng, F. (1991). Unequally spaced longitudinal data with AR(1) serial correlation. Biometrics 47,
161–175.

Kuppens, P., Allen, N. B., Sheeber, L. B. (2010). Emotional inertia and psychological maladjustment. Psychological
Science 21, 984–991.

Laird, N. M., Ware, J. H. (1982). Random-effects models for longitudinal data. Biometrics 38, 963–974.

Liang, K.-Y., Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models. Biometrika 73, 13–22.

Rubin, D. B. (1987). Multiple imputation for nonresponse in surveys. Wiley.

Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components. Biometrics Bulletin 2,
110–114.

Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall’s tau. Journal of the American Statistical
Association 63, 1379–1389.

Shrout, P. E., Lane, S. P. (2012). Psychometrics. In M. R. Mehl, T. S. Conner (Eds.), Handbook of research methods for
studying daily life, 302–320. Guilford.
"""
DONE = """
The study is {state}. Counted are the prompts that the study planned and that are over; one that was answered in part
counts as answered, and nobody is left out for answering little. A score that can be answered in two ways stands on the
commoner of them.

Each score’s trend is a linear mixed model on study day{slot}, with a random level and slope of each person (Laird and
Ware 1982) and AR(1) residuals over the planned prompts, gaps honoured, by restricted maximum likelihood; intervals are
95 % t intervals with degrees of freedom by Satterthwaite (1946). As a check it is fitted again with CAR(1) residuals
over the hours between answers (Jones and Boadi-Boateng 1991). The band holds at each moment by itself.

The study declared one primary score, which is not adjusted. The p-values of the others are adjusted among themselves by
Holm (1979).

Reliability within and between persons: alpha of the deviations from each person’s own means, alpha and omega of the
two-level covariance matrices (Geldhof, Preacher and Zyphur 2014), and the generalisability of a person’s mean (RkRn)
and of change within persons (Rcn; Shrout and Lane 2012). Variability: the root mean square of successive differences of
one day (Jahng, Wood and Trull 2008), and how far a deviation carries over to the next prompt of the day (Kuppens, Allen
and Sheeber 2010).

Missing answers: the odds of answering a delivered prompt by generalised estimating equations, exchangeable, with robust
intervals (Liang and Zeger 1986); a pattern mixture of thirds of persons by how much they answered (Hedeker and Gibbons
1997); and ten imputations in which what was not answered lies half a standard deviation within persons lower, or
higher, than the model expects (Rubin 1987). Data quality: longest run of equal answers and seconds per item (Dunn and
others 2018), as flags only.

Single persons’ trends stand in the internal edition only: Theil–Sen slopes (Sen 1968), from {minimum} answered prompts
on. They are tested, by generalised least squares with AR(1) and adjusted over persons (Benjamini and Hochberg 1995),
only when the study is closed.
"""


def paragraphs(about: Study) -> list[str]:
    """What was done, so that somebody else could do it."""
    return _split(
        DONE.format(
            state="closed" if about.closed else "not closed yet, so these are interim results",
            slot=" and slot of the day" if about.slots > 1 else "",
            minimum=about.minimum,
        )
    )


def cited() -> list[str]:
    return _split(CITED)


def versions() -> str:
    """The software that computed this."""
    known = [f"{name} {version(name)}" for name in SOFTWARE]
    return f"EMA {version('ema')}, Python {platform.python_version()}, {', '.join(known)}."


def _split(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.strip().split("\n\n")]
