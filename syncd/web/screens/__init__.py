"""The page's screens: each takes what was found and gives its template what to show."""
