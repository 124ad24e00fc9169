"""An ecological momentary assessment platform: studies as files, check-ins by chat, trends from answers."""

__version__ = "0.1.0"
