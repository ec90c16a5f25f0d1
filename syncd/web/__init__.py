"""The operators' page: what `status`, `holds`, `diff` and `history` tell, in a browser.

It has no truth of its own: it calls the same actions on the same state, and writes nothing.
"""
