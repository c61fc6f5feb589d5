"""A SAM template deployed to the emulator, and the API that came of it."""

import http.client
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import boto3

from harness.emulator import ACCOUNT, BIN, REGION, Emulator

CALL_SECONDS = 60


@dataclass
class Answer:
    status: int
    text: str

    @property
    def body(self):
        """The answer as JSON; its text when it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return self.text

    def field(self, name: str):
        """A field of the object that was answered; nothing of anything else."""
        return self.body.get(name) if isinstance(self.body, dict) else None


class Stack:
    """The resources of one template."""

    def __init__(self, emulator: Emulator, name: str):
        self.emulator = emulator
        self.name = name
        self.outputs = {}
        self.stage = "prod"

    def deploy(self, folder: Path, parameters: dict) -> None:
        """`sam deploy`, as a user would."""
        command = [
            *(BIN / "sam", "deploy", "--stack-name", self.name, "--region", REGION, "--resolve-s3"),
            *("--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"),
            *("--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())),
        ]
        environment = self.emulator.environment() | {
            "AWS_ENDPOINT_URL": self.emulator.url,
            "SAM_CLI_TELEMETRY": "0",
        }
        done = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"sam deploy failed:\n{done.stdout}\n{done.stderr}\n{self.problems()}")
        [stack] = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def problems(self) -> str:
        """What CloudFormation says went wrong."""
        client = self.client("cloudformation")
        try:
            events = client.describe_stack_events(StackName=self.name)["StackEvents"]
        except client.exceptions.ClientError as problem:
            return str(problem)
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        return "\n".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in failed)

    def client(self, service: str):
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.emulator.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def call(self, method: str, path: str, token: str | None = None, body: str | None = None) -> Answer:
        """One request over HTTP."""
        headers = {} if token is None else {"Authorization": token}
        if body is not None:
            headers["Content-Type"] = "application/json"
        address = f"/_aws/execute-api/{self.outputs['ApiId']}/{self.stage}{path}"
        connection = http.client.HTTPConnection("127.0.0.1", self.emulator.port, timeout=CALL_SECONDS)
        try:
            connection.request(method, address, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read().decode())
        finally:
            connection.close()

    def ask_authorizer(self, method: str, path: str, token: str) -> dict:
        """The authorizer's own answer, with no gateway and no cache in between."""
        arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.outputs['ApiId']}/{self.stage}/{method}{path}"
        event = {"type": "TOKEN", "authorizationToken": token, "methodArn": arn}
        answer = self.client("lambda").invoke(
            FunctionName=self.outputs["AuthorizerFunction"], Payload=json.dumps(event)
        )
        return json.loads(answer["Payload"].read())

    def log(self, function: str) -> list[str]:
        """A function's log; what it prints and how often it ran."""
        client = self.client("logs")
        group = f"/aws/lambda/{self.outputs[function]}"
        try:
            pages = list(client.get_paginator("filter_log_events").paginate(logGroupName=group))
        except client.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for page in pages for event in page["events"]]

    def runs(self, function: str) -> int:
        return sum(line.startswith("START RequestId:") for line in self.log(function))
