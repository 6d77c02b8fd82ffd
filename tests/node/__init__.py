"""Tests on a real node. A package, so that the node ends with the last of them and takes no time from other tests."""
