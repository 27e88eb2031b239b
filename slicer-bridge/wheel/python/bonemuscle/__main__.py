"""python -m bonemuscle: BoneMuscleCLI with the same arguments; --version says which library it runs."""

import os
import subprocess
import sys

from . import Error, Library, LoadError, program


def main() -> int:
    try:
        if sys.argv[1:] == ["--version"]:
            print(f"bonemuscle {Library().version}")
            return 0
        command = [str(program()), *sys.argv[1:]]
    except (Error, LoadError) as error:
        print(error, file=sys.stderr)
        return 2
    if os.name == "posix":
        os.execv(command[0], command)
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
