"""Tests of the chart. A package, so that its cluster and its Pods end with the last of them."""
