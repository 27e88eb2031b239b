"""Measures a study and prints every value. usage: measure.py FOLDER"""

import sys

import bonemuscle


def show(stage, fraction):
    sys.stderr.write(f"\r{stage:8} {fraction:4.0%}" + ("\n" if fraction == 1 else ""))
    return True  # False would cancel


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        result = bonemuscle.Library().measure(folder=sys.argv[1], settings={"outputs": []}, progress=show)
    except (bonemuscle.Error, bonemuscle.LoadError) as error:
        sys.exit(str(error))
    for finding in result.report["findings"]:
        for value in finding["measurements"]:
            print(finding["structure"], finding["side"], value["quantity"], value["value"], value["unit"])
