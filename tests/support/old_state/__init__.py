"""A state folder as an older syncd left it, with the portal and the bucket that belong to it."""
