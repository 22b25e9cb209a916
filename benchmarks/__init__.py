"""Benchmarks: outputs asserted equal first, then CPU time and counts, one JSON line each."""
