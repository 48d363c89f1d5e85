"""Keep cases: originals, results and a hash-chained log, evidence bundles, verification, replay, reports."""
