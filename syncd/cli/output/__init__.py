"""How a command shows what it found: screen, JSON, HTML."""
