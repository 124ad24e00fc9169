"""The real product as real processes, killed again and again; then its promises are counted. `make soak`."""
