"""Measurements that are run by hand (`make bench`), beside the tools that people use today."""
