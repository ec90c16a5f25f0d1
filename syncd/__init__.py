"""syncd keeps the resources of data.gouv.fr equal to the files dropped in S3 buckets."""

__version__ = "0.1.0"
