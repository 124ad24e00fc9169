# Values for tests/analysis/test_mixed_robust.py, test_mixed_residuals.py, test_mixed_compare.py, test_mixed_courses.py:
#   Rscript tests/reference/mixed.R     (R 4.2, nlme, clubSandwich, splines, jsonlite)
suppressMessages({library(nlme); library(clubSandwich); library(splines)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
d <- read.csv(file.path(here, "diary.csv"))
d <- d[!is.na(d$mood), ]
d$pm <- as.integer(d$slot == "pm")
tight <- lmeControl(msMaxIter = 500, maxIter = 500, tolerance = 1e-12, msTol = 1e-14, opt = "nlminb", returnObject = TRUE)
ar1 <- corAR1(form = ~ obs | person)
put <- function(m) list(logLik = as.numeric(logLik(m)), fixed = as.list(fixef(m)), sigma = m$sigma)

robust <- function(m) {
  t <- coef_test(m, vcov = "CR2", test = "Satterthwaite")
  df <- if ("df_Satt" %in% names(t)) t$df_Satt else t$df
  list(estimate = t$beta, se = t$SE, df = df)
}
plain <- lme(mood ~ day + pm, d, random = ~ day | person, control = tight)
serial <- lme(mood ~ day + pm, d, random = ~ day | person, correlation = ar1, control = tight)
level <- lme(mood ~ day + arm, d, random = ~ 1 | person, correlation = ar1, control = tight)
out <- list(
  versions = list(R = R.version.string, nlme = as.character(packageVersion("nlme")),
                  clubSandwich = as.character(packageVersion("clubSandwich"))),
  cr2 = list(independent = robust(plain), ar1 = robust(serial), arm = robust(level)))

z <- resid(serial, type = "normalized")
out$normalised <- list(first = unname(z[1:40]), sd = sd(z), logLik = as.numeric(logLik(serial)))

ml <- function(f, ...) lme(f, d, method = "ML", control = tight, ...)
without <- ml(mood ~ day, random = ~ day | person, correlation = ar1)
with <- ml(mood ~ day + pm, random = ~ day | person, correlation = ar1)
a <- anova(without, with)
out$fixed_lrt <- list(statistic = a$L.Ratio[2], p = a$`p-value`[2], AIC = a$AIC, BIC = a$BIC)
one <- lme(mood ~ day + pm, d, random = ~ 1 | person, correlation = ar1, control = tight)
l <- 2 * (as.numeric(logLik(serial)) - as.numeric(logLik(one)))
out$slope_lrt <- list(statistic = l, p = (pchisq(l, 1, lower.tail = FALSE) + pchisq(l, 2, lower.tail = FALSE)) / 2)

straight <- ml(mood ~ day, random = ~ day | person, correlation = ar1)
knots <- quantile(d$day, c(1, 2) / 3, type = 7, names = FALSE)
d$s <- ns(d$day, knots = knots, Boundary.knots = range(d$day))
bent <- ml(mood ~ s, random = ~ day | person, correlation = ar1)
at <- seq(0, 13.5, length.out = 4)
out$spline <- list(knots = knots, straight = as.numeric(logLik(straight)), bent = as.numeric(logLik(bent)),
  time = at, curve = as.numeric(cbind(1, ns(at, knots = knots, Boundary.knots = range(d$day))) %*% fixef(bent)))

even <- lme(mood ~ day, d, random = ~ day | person, correlation = ar1, control = tight)
fan <- lme(mood ~ day, d, random = ~ day | person, correlation = ar1, weights = varExp(form = ~ day), control = tight)
out$spread <- list(even = as.numeric(logLik(even)), fan = as.numeric(logLik(fan)),
  rate = as.numeric(coef(fan$modelStruct$varStruct)), fixed = as.list(fixef(fan)))
# Phases: days 0 to 4, 4.5 to 9, 9.5 and later; every pair, with Satterthwaite's degrees of freedom by lmerTest.
suppressMessages(library(lmerTest))
d$phase <- factor(ifelse(d$day < 4.5, "one", ifelse(d$day < 9.5, "three", "two")))
m <- lmerTest::lmer(mood ~ day + phase + (1 + day | person), d,
  control = lme4::lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e6)))
pair <- function(l) { k <- lmerTest::contest1D(m, l); list(estimate = k$Estimate, se = k$`Std. Error`, df = k$df, p = k$`Pr(>|t|)`) }
out$phases <- list("three-one" = pair(c(0, 0, 1, 0)), "two-one" = pair(c(0, 0, 0, 1)), "two-three" = pair(c(0, 0, -1, 1)))
jsonlite::write_json(out, file.path(here, "mixed.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
