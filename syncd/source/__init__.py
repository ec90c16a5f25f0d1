"""Where the files come from. Only `syncd.source.s3` imports boto3; `app` loads it late."""
