"""The Lambda runtime's API on loopback, and one measured life of a function: start, first answer, warm answers."""

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WARM_CALLS = 10
LONGEST_LIFE = 30.0


@dataclass
class Life:
    """What one process took. Times in milliseconds from the moment before it was started."""

    init: float
    first: float
    warm: float
    rss_mib: float
    answer: dict
    log: str


class Runtime:
    """Hands out one event again and again, and notes when it was asked and answered."""

    def __init__(self, event: dict):
        self.event = json.dumps(event).encode()
        self.asked, self.answered = [], []
        self.body, self.failure = None, None
        self.first_answer, self.go_on, self.done = threading.Event(), threading.Event(), threading.Event()
        runtime = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                runtime.asked.append(time.perf_counter_ns())
                if len(runtime.asked) == 2:
                    # The process waits here while its memory is read.
                    runtime.first_answer.set()
                    runtime.go_on.wait(LONGEST_LIFE)
                    runtime.asked[1] = time.perf_counter_ns()
                if len(runtime.asked) > WARM_CALLS + 1:
                    runtime.done.set()
                    time.sleep(LONGEST_LIFE)
                    return
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(runtime.event)))
                self.send_header("lambda-runtime-aws-request-id", f"request-{len(runtime.asked)}")
                self.send_header("lambda-runtime-deadline-ms", str(int(time.time() * 1000) + 15_000))
                self.send_header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:111122223333:function:f")
                self.send_header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0")
                self.end_headers()
                self.wfile.write(runtime.event)

            def do_POST(self):
                runtime.answered.append(time.perf_counter_ns())
                chunked = "chunked" in self.headers.get("transfer-encoding", "")
                body = self._chunks() if chunked else self.rfile.read(int(self.headers["content-length"] or 0))
                runtime.body = runtime.body or body
                if not self.path.endswith("/response"):
                    runtime.failure = f"{self.path}: {body.decode()}"
                    runtime.first_answer.set()
                    runtime.done.set()
                self.send_response(202)
                self.send_header("content-length", "0")
                self.end_headers()

            def _chunks(self):
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


def live(name: str, command: list[str], environment: dict[str, str], event: dict) -> Life:
    """Starts the function, lets it answer, and ends it."""
    runtime = Runtime(event)
    environment = {**environment, "AWS_LAMBDA_RUNTIME_API": runtime.address, "PATH": os.environ["PATH"]}
    started = time.perf_counter_ns()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = []
    reader = threading.Thread(target=lambda: output.append(process.stdout.read()), daemon=True)
    reader.start()
    try:
        answered = runtime.first_answer.wait(LONGEST_LIFE)
        rss = resident_mib(process.pid) if answered and process.poll() is None else 0.0
        runtime.go_on.set()
        finished = answered and runtime.done.wait(LONGEST_LIFE)
    finally:
        process.kill()
        process.wait()
        runtime.server.shutdown()
        runtime.server.server_close()
    reader.join(1)
    log = b"".join(output).decode(errors="replace")
    if not finished or runtime.failure:
        raise SystemExit(f"{name} did not answer: {runtime.failure or 'no answer'}\n{log}")
    warm = sorted(after - before for before, after in zip(runtime.asked[1:], runtime.answered[1:]))
    return Life(
        init=(runtime.asked[0] - started) / 1e6,
        first=(runtime.answered[0] - started) / 1e6,
        warm=warm[len(warm) // 2] / 1e6,
        rss_mib=rss,
        answer=json.loads(runtime.body.split(b"\0" * 8)[0]) if runtime.body else {},
        log=log,
    )


def resident_mib(pid: int) -> float:
    """The memory that a process holds now."""
    with open(f"/proc/{pid}/status") as status:
        kib = next(line.split()[1] for line in status if line.startswith("VmRSS"))
    return int(kib) / 1024
