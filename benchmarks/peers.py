"""The same work on this runtime and on its peers, interleaved, with ratios to the best of them.

With ``--setup`` it makes the environments of the peers, once. Then it measures for about half an hour, with
``--quick`` for a minute or two at sizes that say little. See docs/performance.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from comparison import chart, environments, page, results, rounds
from comparison.systems import SYSTEMS


def main() -> int:
    arguments = _parsed()
    if arguments.setup:
        environments.setup(arguments.envs)
        return 0
    if arguments.read is not None:
        found = results.read(arguments.read)
    else:
        found = rounds.new_results("quick" if arguments.quick else "full", arguments.workers)
        number = arguments.rounds or (1 if arguments.quick else 3)
        only = arguments.measurements or ()
        for line in rounds.run(
            found, arguments.systems, number, arguments.envs, only=only, quiet=arguments.quiet
        ):
            print(line, file=sys.stderr, flush=True)
            if arguments.json is not None:
                results.write(found, arguments.json)
    print(page.report(found))
    if arguments.json is not None:
        results.write(found, arguments.json)
    if arguments.page is not None:
        page.insert(found, arguments.page)
    if arguments.chart is not None:
        chart.draw(found, arguments.chart)
    return 0


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--setup", action="store_true", help="make the environments of the peers and end")
    parser.add_argument(
        "--envs", type=Path, default=environments.default_folder(), help="where they are (%(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, one round: does it all work?")
    parser.add_argument("--rounds", type=int, help="rounds over all systems (3; with --quick 1)")
    parser.add_argument(
        "--quiet", type=float, metavar="LOAD", help="begin each round when the machine's load is below this"
    )
    parser.add_argument("--workers", type=int, default=2, help="workers of each system (%(default)s)")
    parser.add_argument(
        "--systems",
        nargs="+",
        choices=SYSTEMS,
        default=list(SYSTEMS),
        metavar="NAME",
        help=", ".join(SYSTEMS),
    )
    parser.add_argument(
        "--measurements", nargs="+", metavar="NAME", help="only these, such as noop or arrays"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values, after each system too")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw a PNG")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the tables into a page, between marks")
    parser.add_argument("--read", type=Path, metavar="FILE", help="measure nothing, report what --json wrote")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
