"""What every test can ask for."""

pytest_plugins = ["tests.portal_servers", "tests.s3_servers"]
