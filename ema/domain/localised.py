"""Words in several languages, as a study file writes them: a plain string, or one string per language."""

from __future__ import annotations

from typing import Any

from pydantic import RootModel, model_validator

ANY = "*"


class Localised(RootModel[dict[str, str]]):
    """`{"en": "Hello", "es": "Hola"}`, or a plain string, which then serves every language."""

    model_config = {"frozen": True}

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {ANY: value} if isinstance(value, str) else value

    def say(self, language: str) -> str:
        """The words in `language`; without them English, the language-free form, or whatever there is."""
        words = self.root
        return words.get(language) or words.get(ANY) or words.get("en") or next(iter(words.values()), "")

    def lacks(self, languages: tuple[str, ...]) -> tuple[str, ...]:
        """The languages that have no words of their own here (a plain string counts as the first one's)."""
        have = set(self.root)
        if ANY in have and languages:
            have.add(languages[0])
        return tuple(language for language in languages if language not in have)
