# Values for tests/analysis/test_lagged.py, test_differentiation.py, test_rolling.py:
#   Rscript tests/reference/persons.R     (R 4.2, lmerTest, psych, jsonlite)
suppressMessages({library(lmerTest); library(psych)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
d <- read.csv(file.path(here, "diary.csv"))
items <- c("calm", "bright", "lively")

own <- function(x) ave(x, d$person, FUN = function(v) mean(v, na.rm = TRUE))
d$m <- d$mood - own(d$mood)
d$w <- d$worry - own(d$worry)
before <- match(paste(d$person, d$obs - 1), paste(d$person, d$obs))
d$mb <- d$m[before]
d$wb <- d$w[before]
lagged <- function(f, cross) {
  m <- lmer(f, d, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e6)))
  t <- coef(summary(m))
  list(names = rownames(t), estimate = unname(t[, 1]), se = unname(t[, 2]), df = unname(t[, 3]), logLik = as.numeric(logLik(m)),
       n = nobs(m), sd_between = as.data.frame(VarCorr(m))$sdcor[2])
}
out <- list(
  versions = list(R = R.version.string, lmerTest = as.character(packageVersion("lmerTest")),
                  psych = as.character(packageVersion("psych"))),
  lagged = list(worry_to_mood = lagged(mood ~ wb + mb + day + (1 + wb | person), "wb"),
                mood_to_worry = lagged(worry ~ mb + wb + day + (1 + mb | person), "mb")))

out$differentiation <- lapply(split(d, d$person), function(p) {
  x <- na.omit(p[, items])
  r <- suppressMessages(ICC(x, lmer = FALSE))$results
  list(n = nrow(x), agreement = r["Average_random_raters", "ICC"], consistency = r["Average_fixed_raters", "ICC"])
})

one <- d[d$person == 3, ]
width <- 14
starts <- seq_len(max(one$obs) - width + 1)
out$rolling <- lapply(starts, function(s) {
  x <- one$mood[one$obs >= s & one$obs < s + width]
  k <- length(x)
  pair <- !is.na(x[-1]) & !is.na(x[-k])
  list(variance = var(x, na.rm = TRUE), autocorrelation = cor(x[-k][pair], x[-1][pair]), n = sum(!is.na(x)), pairs = sum(pair))
})
tau <- function(v) cor(seq_along(v), v, method = "kendall")
out$rolling_tau <- list(variance = tau(sapply(out$rolling, `[[`, "variance")),
                        autocorrelation = tau(sapply(out$rolling, `[[`, "autocorrelation")))
jsonlite::write_json(out, file.path(here, "persons.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
