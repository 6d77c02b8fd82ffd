"""``python -m bench [PART…]``: measure all parts, or those named, and say what is missed."""

from __future__ import annotations

import importlib
import sys

from bench import UnavailableError

PARTS = {
    "admission": "a. warm /validate beside webhooks that judge nothing, and beside OPA",
    "sbom_reading": "b. SBOM bytes to components beside orjson.loads",
    "download": "c. download of every covered purl of the corpus",
    "readmodel": "d. read model of 10,000 images and 1,000,000 components",
    "first_decision": "d. the first decision about an image after a change",
    "store_growth": "d. a large store on PostgreSQL, and what is asked of it",
    "matching": "i. components of real SBOMs with real advisories, beside osv-scanner",
    "console": "h. the console's lists with every filter",
    "connections": "f. calls of the API server beside held connections and large reviews",
    "registry": "e. SBOMs from a registry",
    "start": "g. start of a command",
    "failover": "g. a failover of PostgreSQL",
    "fleet": "j. a hub with 1,000 members",
    "fleet_cold": "j. a cold member of 10,000 images",
}


def main(names: list[str]) -> int:
    """Run the parts; 1 when a goal is missed, so that a script can tell."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"No such part: {', '.join(unknown)}. Parts: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    missed: list[str] = []
    for name in names or PARTS:
        print(f"\n=== {PARTS[name]} ===", flush=True)
        try:
            rows = importlib.import_module(f"bench.{name}").main()
        except UnavailableError as reason:
            print(f"NOT MEASURED: {reason}", flush=True)
            continue
        missed += [f"{name}: {row[0]}: {row[1]} (goal {row[2]})" for row in rows if row[3] is False]
    print("\nAll goals are met." if not missed else "\nMissed goals:\n" + "\n".join(f"  {line}" for line in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
