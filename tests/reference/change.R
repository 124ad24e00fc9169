# Values for tests/analysis/test_change.py:
#   Rscript tests/reference/change.R     (R 4.2, nlme, sandwich, jsonlite)
suppressMessages({library(nlme); library(sandwich)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
d <- read.csv(file.path(here, "diary.csv"))
d <- d[!is.na(d$mood), ]
moment <- 7

one <- function(p) {
  p$after <- as.integer(p$day >= moment)
  p$since <- pmax(p$day - moment, 0)
  p$t <- p$day - moment
  m <- gls(mood ~ t + after + since, p, correlation = corAR1(form = ~ obs), method = "REML",
           control = glsControl(tolerance = 1e-12, msTol = 1e-14, msMaxIter = 500, maxIter = 500))
  line <- lm(mood ~ day, p)
  nw <- sqrt(NeweyWest(line, lag = floor(4 * (nrow(p) / 100)^(2 / 9)), prewhite = FALSE, adjust = TRUE)[2, 2])
  list(estimate = unname(coef(m)), se = unname(sqrt(diag(vcov(m)))),
       phi = unname(coef(m$modelStruct$corStruct, unconstrained = FALSE)), slope = unname(coef(line)[2]), newey_west = nw)
}
out <- list(versions = list(R = R.version.string, nlme = as.character(packageVersion("nlme")),
                            sandwich = as.character(packageVersion("sandwich"))),
            persons = lapply(split(d, d$person)[c("3", "8", "15")], one))
jsonlite::write_json(out, file.path(here, "change.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
