"""Make `diary.csv`, the small data set on which the scripts in R beside it compute: `python tests/reference/diary.py`.

Thirty invented people, two prompts a day for a fortnight, a fifth unanswered. Their spread shrinks, their course bends,
a prompt's worry goes before the next prompt's mood, and neighbouring residuals go together.
"""

from pathlib import Path

import numpy as np
import pandas as pd

PERSONS, PROMPTS = 30, 28
ITEMS = ("calm", "bright", "lively")


def diary() -> pd.DataFrame:
    rng = np.random.default_rng(20260301)
    rows = []
    for person in range(1, PERSONS + 1):
        level, slope, alike = rng.normal(52, 9), rng.normal(0.35, 0.4), rng.uniform(0.2, 0.95)
        error, worry = rng.normal(0, 8), rng.normal(0, 6)
        for obs in range(1, PROMPTS + 1):
            day = (obs - 1) / 2
            course = level + slope * day + 5 * np.exp(-day) + (1.5 if obs % 2 == 0 else 0.0)
            mood = course + error * np.exp(-0.03 * day) - 0.25 * worry
            own = [mood + 7 * (alike**0.5 * error / 8 + (1 - alike) ** 0.5 * rng.normal()) for _ in ITEMS]
            worry = 0.3 * worry - 0.1 * error + rng.normal(0, 6)
            error = 0.35 * error + np.sqrt(1 - 0.35**2) * rng.normal(0, 8)
            answered = rng.random() > 0.2
            values = [mood, 30 + 0.5 * (level - 52) + worry, *own]
            cells = [round(value, 2) if answered else None for value in values]
            rows.append([person, obs, day, "pm" if obs % 2 == 0 else "am", "ab"[person % 2], *cells])
    return pd.DataFrame(rows, columns=["person", "obs", "day", "slot", "arm", "mood", "worry", *ITEMS])


if __name__ == "__main__":
    diary().to_csv(Path(__file__).with_name("diary.csv"), index=False)
