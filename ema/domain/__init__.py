"""The pure part: standard library and pydantic only. No database, no network, no clock, no random state of its own."""
