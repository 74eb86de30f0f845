"""The Khronos glTF validator, where it is installed."""

import json
import shutil
import subprocess
from pathlib import Path

from cleanplate.evaluate.asset.facts import Issues

HOW = "install gltf_validator (github.com/KhronosGroup/glTF-Validator), or run npm install gltf-validator here"
SECONDS = 120
SCRIPT = """
const validator = require(require.resolve("gltf-validator", { paths: [process.argv[2], process.cwd()] }));
const data = new Uint8Array(require("fs").readFileSync(process.argv[1]));
validator.validateBytes(data, { maxIssues: 50 }).then((report) => console.log(JSON.stringify(report)));
"""


def khronos_issues(path: Path, modules: Path | None = None) -> Issues | None:
    """Return the validator's errors, warnings and first messages; None where it is not installed or gave nothing.

    The native program is taken, or the npm package in the current folder or below `modules`.
    """
    if program := shutil.which("gltf_validator"):
        command = [program, "-o", str(path)]
    elif node := shutil.which("node"):
        command = [node, "-e", SCRIPT, str(path.resolve()), str(modules or Path.cwd())]
    else:
        return None
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        issues = json.loads(done.stdout)["issues"]
        messages = [f"{each['code']}: {each['message']}"[:200] for each in issues["messages"] if each["severity"] < 2]
        return Issues(int(issues["numErrors"]), int(issues["numWarnings"]), messages[:5])
    except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        return None
