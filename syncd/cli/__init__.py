"""The command line: thin. Reads options, calls the story, shows what it returns."""
