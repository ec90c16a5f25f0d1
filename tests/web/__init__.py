"""Pages in a real browser: read by eyes, by screen readers' rules (axe-core), on small screens."""
