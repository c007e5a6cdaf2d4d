"""Adds up what test runners reported, and says it in one last line.

    count.py FOLDER RUNNER=STATUS...

FOLDER holds their reports in JUnit's XML; a RUNNER's reports begin with its name. What failed without a report, such as
a crash in the middle, counts as a failure, and so does a run in which nothing ran.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def read(report: pathlib.Path) -> tuple[int, int]:
    """How many tests of one report passed, and how many failed."""
    ran = failed = 0
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        ran += int(suite.get("tests", 0)) - int(suite.get("skipped", 0) or 0)
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return ran - failed, failed


def count(folder: pathlib.Path, outcomes: list[tuple[str, int]]) -> tuple[int, int]:
    """The sums over all runners; says on standard error what they could not say themselves."""
    passed = failed = 0
    for runner, status in outcomes:
        ran_passed = ran_failed = 0
        for report in sorted(folder.glob(f"{runner}*.xml")):
            try:
                more_passed, more_failed = read(report)
            except (ElementTree.ParseError, ValueError) as error:
                print(f"{report}: not a report: {error}", file=sys.stderr)
                more_passed, more_failed = 0, 1
            ran_passed += more_passed
            ran_failed += more_failed
        if status != 0 and ran_failed == 0:
            print(f"{runner}: ended with status {status}, and no report says which test failed", file=sys.stderr)
            ran_failed = 1
        passed += ran_passed
        failed += ran_failed
    if passed + failed == 0:
        print("no test ran", file=sys.stderr)
    return passed, failed


def main(arguments: list[str]) -> int:
    folder, *pairs = arguments
    outcomes = [(name, int(status)) for name, status in (pair.split("=", 1) for pair in pairs)]
    passed, failed = count(pathlib.Path(folder), outcomes)
    sys.stderr.flush()
    print(f"{passed} passed, {failed} failed", flush=True)
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
