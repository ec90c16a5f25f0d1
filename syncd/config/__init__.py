"""What the operator wrote, checked: the manifest and the settings."""
