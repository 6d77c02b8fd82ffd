"""End-to-end tests. A package, so that the cluster ends with the last of them and takes no time from other tests."""
