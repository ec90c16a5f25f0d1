"""Files made to harm whoever opens them, beside good ones, in a running service."""
