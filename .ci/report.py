"""What a run of tox ran: a line for each environment, then `N passed, N failed, N skipped`.

Ends with status 1 if tox failed, if an environment failed or ran no test, or if one was left out although its
interpreter is installed.
"""

import configparser
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def installed_versions():
    """The minor versions ("3.8") that pyenv has or that start from PATH."""
    found = set()
    if shutil.which("pyenv"):
        listed = subprocess.run(["pyenv", "versions", "--bare"], stdout=subprocess.PIPE, text=True, check=False).stdout
        found.update(re.findall(r"^(3\.\d+)\.\d+$", listed, re.MULTILINE))
    for minor in range(8, 14):
        name = f"python3.{minor}"
        # It may be a shim of pyenv that starts nothing.
        if shutil.which(name) and subprocess.call([name, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            found.add(f"3.{minor}")
    return found


def wanted_versions(path):
    """The minor version that each environment of tox needs."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path)
    wanted = {}
    for section in parser.sections():
        match = re.search(r"3\.?(\d+)", parser[section].get("base_python", ""))
        if section.startswith("testenv:") and match:
            wanted[section[len("testenv:") :]] = f"3.{match.group(1)}"
    return wanted


def counts_of(path):
    """(passed, failed, skipped) of a JUnit file; None if there is none."""
    if not path.exists():
        return None
    suites = list(ElementTree.parse(str(path)).getroot().iter("testsuite"))
    total, failed, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites for name in names)
        for names in (("tests",), ("failures", "errors"), ("skipped",))
    )
    return total - failed - skipped, failed, skipped


def main(tox_dir, tox_status):
    results = json.loads((tox_dir / "result.json").read_text(encoding="utf-8"))["testenvs"]
    installed = installed_versions()
    passed = failed = skipped = 0
    faults = []
    print(f"\n{'environment':<18}{'Python':<10}{'seconds':>8}{'passed':>8}{'failed':>8}{'skipped':>8}")
    for name, version in wanted_versions(tox_dir / "environments.ini").items():
        result = results.get(name, {})
        ran = ".".join(str(part) for part in result.get("python", {}).get("version_info", [])[:3])
        outcome = result.get("result", {})
        if not ran or not result.get("test"):
            why = "LEFT OUT" if version in installed else f"Python {version} is not installed"
            print(f"{name:<18}{version:<10}{why:>32}")
            if version in installed:
                faults.append(f"{name} did not run, but Python {version} is installed")
            continue
        counts = counts_of(tox_dir / name / "tests.xml")
        shown = ["-", "-", "-"] if counts is None else [str(number) for number in counts]
        print(f"{name:<18}{ran:<10}{outcome.get('duration', 0):>8.0f}" + "".join(f"{text:>8}" for text in shown))
        if not ran.startswith(version + "."):
            faults.append(f"{name} ran on Python {ran} in place of {version}")
        if counts is not None:
            passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
            if not counts[0]:
                faults.append(f"{name} ran no test that passed")
        elif name != "lint":
            faults.append(f"{name} left no account of its tests")
        if not outcome.get("success"):
            faults.append(f"{name} failed")
    if tox_status:
        faults.append(f"tox ended with status {tox_status}")
    for fault in faults:
        print(f"FAULT: {fault}")
    print(f"{passed} passed, {max(failed, len(faults))} failed, {skipped} skipped")
    return 1 if faults or failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
