"""Runs a command until standard input closes, then ends the command and all that it started.

usage: supervise.py SCRATCH_DIR COMMAND [ARGUMENT...]

The owner keeps the other end of standard input. When the owner stops, or dies in any way, the
pipe closes and nothing is left behind: the command gets SIGTERM and time to save its state, then
its whole process group gets SIGKILL, and the scratch directory is removed.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 10


def main():
    scratch, *command = sys.argv[1:]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def stop_when_the_owner_is_gone():
        sys.stdin.buffer.read()
        child.terminate()
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()

    threading.Thread(target=stop_when_the_owner_is_gone, daemon=True).start()
    code = child.wait()
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    shutil.rmtree(scratch, ignore_errors=True)
    # Not sys.exit: the reading thread holds standard input's lock, and the interpreter's own
    # shutdown would wait for it.
    os._exit(code if code >= 0 else 128 - code)


main()
