"""A SAM template deployed to the emulator, and the API that came of it."""

import json
import subprocess
from pathlib import Path

from harness.calls import Answer, call
from harness.emulator import ACCOUNT, BIN, REGION, Emulator


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
        return self.emulator.client(service)

    def call(self, method: str, path: str, token: str | None = None, body: str | None = None) -> Answer:
        """One request over HTTP."""
        headers = {} if token is None else {"Authorization": token}
        address = f"/_aws/execute-api/{self.outputs['ApiId']}/{self.stage}{path}"
        return call(self.emulator.port, method, address, headers, body)

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
        usual = f"/aws/lambda/{self.outputs[function]}"
        return self.emulator.logged(self.outputs.get(f"{function}Logs", usual))

    def runs(self, function: str) -> int:
        return sum(line.startswith("START RequestId:") for line in self.log(function))


def rest_access_log(emulator: Emulator, stack: str) -> dict:
    """Where a REST API's stage logs its requests, and in which format, as the template that CloudFormation got says it: of
    such a stage, ministack does not read the AccessLogSetting."""
    client = emulator.client("cloudformation")
    template = client.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    template = json.loads(template) if isinstance(template, str) else template
    [stage] = [one for one in template["Resources"].values() if one["Type"] == "AWS::ApiGateway::Stage"]
    setting = stage["Properties"]["AccessLogSetting"]
    # Where it can be turned off.
    setting = setting["Fn::If"][1] if "Fn::If" in setting else setting
    group = setting["DestinationArn"]["Fn::GetAtt"][0]
    resource = client.describe_stack_resource(StackName=stack, LogicalResourceId=group)["StackResourceDetail"]
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{resource['PhysicalResourceId']}"
    return {"destinationArn": arn, "format": setting["Format"]}
