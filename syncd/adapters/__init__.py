"""What touches the world; each lets out only our errors."""
