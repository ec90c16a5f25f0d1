"""One pass over one dataset: from the listing to what is recorded."""
