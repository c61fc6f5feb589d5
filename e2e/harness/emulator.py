"""ministack, an emulator of AWS, as a process on loopback that ends with the test."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import boto3

REGION = "eu-west-1"
ACCOUNT = "000000000000"
BIN = Path(sys.prefix) / "bin"
START_SECONDS = 60
STOP_SECONDS = 10
PASSED_ON = ("LANG", "PATH", "RUST_BACKTRACE", "RUST_LOG")


class Emulator:
    """A running ministack; a context manager, since it holds a process."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.log = folder / "ministack.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def __enter__(self):
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "STATE_DIR": str(self.folder / "state"),
            "S3_DATA_DIR": str(self.folder / "s3"),
        }
        with open(self.log, "w") as log:
            # A session of its own, so that the functions it starts end with it.
            self.process = subprocess.Popen(
                [BIN / "ministack"],
                env=self.environment() | settings,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_failure):
        self.stop()

    def environment(self) -> dict:
        """Nothing of the caller's account or settings."""
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "HOME": str(self.folder),
            "TMPDIR": str(temporary),
        }

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"ministack ended with status {self.process.returncode}:\n{self.tail()}")
            if self.is_ready():
                return
            time.sleep(0.2)
        raise RuntimeError(f"ministack did not start in {START_SECONDS} s:\n{self.tail()}")

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def client(self, service: str):
        """boto3's client of an emulated service."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def logged(self, group: str) -> list[str]:
        """What is in a log group; nothing, if there is none."""
        client = self.client("logs")
        try:
            pages = list(client.get_paginator("filter_log_events").paginate(logGroupName=group))
        except client.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for page in pages for event in page["events"]]

    def stop(self) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def tail(self, lines: int = 60) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
