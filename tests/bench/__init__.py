"""`make bench`: measurements, not tests. Ratios first, taken in one run; absolute figures depend on the machine."""
