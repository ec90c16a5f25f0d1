"""What S3 servers say of new objects, by HTTP or in a queue: hints, and never more than that."""
