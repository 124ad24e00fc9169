"""Everything Telegram. The only package that imports `telegram`."""

import os

# python-telegram-bot 22 gives waits as timedelta only when told so before it is used; without it, it warns
os.environ.setdefault("PTB_TIMEDELTA", "1")  # noqa: TID251 - not ours to read, but ours to set
