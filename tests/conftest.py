"""What every test can ask for."""

pytest_plugins = [
    "tests.support.portal_servers",
    "tests.support.s3_servers",
    "tests.support.offices",
]
