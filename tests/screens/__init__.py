"""Every screen that a participant can meet: reached on phones of the local Bot API server, and pictured by `make screens`."""
