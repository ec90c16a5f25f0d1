"""What is wrong with a manifest, all of it at once, and what to write instead.

`inspection` is the story; `typos`, `autofix`, `syntax_errors`, `schema_errors` are its steps,
`excerpts` shows the lines, and `secrecy` says what of them may be shown.
"""
