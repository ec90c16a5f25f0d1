"""The service: what runs day and night, when, and how it stops."""
