"""The operators' page: what `status`, `holds`, `diff` and `history` tell, in a browser.

It has no truth of its own: it calls the same actions on the same state. What an operator decides is
carried out by those of the commands (`acting`); a screen writes nothing.
"""
