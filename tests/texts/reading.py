"""How old somebody must be to read a text with ease.

The grade is Flesch–Kincaid's: Kincaid, J. P., Fishburne, R. P., Rogers, R. L. and Chissom, B. S. (1975), Derivation of new
readability formulas for Navy enlisted personnel, Research Branch Report 8-75, Naval Air Station Memphis. It is an American
school year; a child in year g is about g + 5 years old. The formula was made for passages, not for single words: a text of
a few words gives a number that means little.
"""

from __future__ import annotations

import re

SPOKEN = (
    (r"every", "evry"),
    (r"evening", "evning"),
    (r"some(?=[bhtw])", "som"),
    (r"(?<=[^aeioul])e$|(?<=[aeiou]l)e$", ""),  # silent: make, while; not people, little
    (r"(?<=[^aeioutd])ed$", ""),  # asked; not needed, noted
)
"""How a word is said, where that is not how it is written."""


def words_in(text: str) -> list[str]:
    """Its words and numbers. What stands for a placeholder counts as one short word."""
    return re.findall(r"[A-Za-z’']+|\d+", re.sub(r"\{\w+\}", "law", text))


def syllables(word: str) -> int:
    """Groups of vowels as they are said. Good to about one in ten words."""
    word = re.sub(r"[^a-z]", "", word.lower())
    for written, said in SPOKEN:
        word = re.sub(written, said, word)
    return max(1, len(re.findall(r"[aeiouy]+", word)))


def grade(text: str) -> float:
    words = words_in(text)
    sentences = max(1, len(re.findall(r"[.?!:](?:\s|$)", text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
