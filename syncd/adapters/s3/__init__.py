"""Where the files come from. Only `syncd.adapters.s3.source` imports boto3; `app` loads it late."""
