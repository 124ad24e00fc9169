"""Which release this is, for the database."""

from typing import Final

CODE: Final = 1
"""The level of this code. It goes up with a migration that takes something away: from then on the database names this
level as its `min_code`, and older code refuses it."""
