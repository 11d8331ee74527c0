"""C{python -m tests.fuzzing}: fuzz a target, or try a kept input again."""

from __future__ import annotations

import re
import subprocess
import sys
from argparse import ArgumentParser, ArgumentTypeError
from importlib.util import find_spec
from pathlib import Path

from tests.fuzzing.findings import findingsOf
from tests.fuzzing.registry import NAMES, targetNamed

CORPUS = Path(".fuzzing")
"""The folder with the inputs that reached new code, by targets."""


def fuzz(name: str, seconds: int) -> int:
    """
    Fuzz a target.

    @return: the number of new findings.
    """
    before = {finding for finding, _ in findingsOf(name)}
    arguments = [sys.executable, "-m", "tests.fuzzing.guided", name, str(seconds), str(CORPUS / name)]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, errors="replace")
    assert process.stderr is not None
    last = ""
    for line in process.stderr:
        sys.stderr.write(line)
        if re.match(r"#\d+\s", line):
            last = line.strip()
    code = process.wait()
    new = [finding for finding, _ in findingsOf(name) if finding not in before]
    print(f"{name}: {last}; {len(new)} new findings, exit code {code}")
    return len(new) + (code != 0)


def main(arguments: list[str] | None = None) -> int | str:
    """
    Run the command.

    @return: 0 if all is well; otherwise 1, or what is wrong.
    """
    parser = ArgumentParser(prog="python -m tests.fuzzing", description="Fuzz the parsers of twistchat.")
    parser.add_argument("target", nargs="?", choices=sorted(NAMES), help="what to fuzz; without it, list all targets")
    parser.add_argument(
        "files", nargs="*", type=_input, metavar="FILE", help="inputs to try once; without them, atheris makes inputs"
    )
    parser.add_argument("--seconds", type=_seconds, default=60, help="the time to fuzz (default: 60)")
    options = parser.parse_args(arguments)
    if options.target is None:
        print("\n".join(NAMES))
        return 0
    for name, data in options.files:
        print(f"Trying {name}")
        targetNamed(options.target).check(data)
    if options.files:
        return 0
    if find_spec("atheris") is None:
        return "atheris is not installed; pip install -e '.[fuzz]' installs it"
    return 1 if fuzz(options.target, options.seconds) else 0


def _seconds(text: str) -> int:
    """
    Read a time.

    @raise ArgumentTypeError: it is no whole number, or not positive.
    """
    if not text.isdecimal() or int(text) == 0:  # libFuzzer takes 0 for a time without end
        raise ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return int(text)


def _input(name: str) -> tuple[str, bytes]:
    """
    Read a file.

    @return: its name and its content.
    @raise ArgumentTypeError: it cannot be read.
    """
    try:
        return name, Path(name).read_bytes()
    except OSError as e:
        raise ArgumentTypeError(f"cannot read {name}: {e.strerror}") from e


if __name__ == "__main__":
    sys.exit(main())
