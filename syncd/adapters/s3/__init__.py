"""Buckets of any S3-compatible server. boto3 is imported with `source`: late, see `stores`."""
