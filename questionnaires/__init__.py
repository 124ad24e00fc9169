"""Instruments and studies as files. This package only says where they are."""

from pathlib import Path

ROOT = Path(__file__).parent
