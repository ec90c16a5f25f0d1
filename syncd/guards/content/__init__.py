"""What a file holds: read once, as a stream, into a `Profile` for the guards.

Whatever stands in the file, the work is in proportion to its size: no scan goes back over what was
seen before, or only as often as is said beside it. Reading is done in a process that has limits
(`syncd.adapters.reader`): what is imported here is what that process imports.
"""
