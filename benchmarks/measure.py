"""Run a command and tell what it took: `python measure.py COMMAND…` prints one JSON object.

A process of its own and kept small, because the kernel counts the memory of the process that starts a command as the
command's own until it runs.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
    began = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=out, stderr=err)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    out.seek(0)
    err.seek(0)
    said = err.read().decode(errors="replace")
    told = {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss / 1024,
        "printed": out.read().decode(errors="replace"),
        "failed": f"exit code {process.returncode}\n{said[-600:]}" if process.returncode else "",
    }
print(json.dumps(told))
