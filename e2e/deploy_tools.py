"""The folders below authorizer/deploy, deployed by the tools that they are for."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.calls import Answer, call
from harness.emulator import BIN, REGION, Emulator
from harness.stack import rest_access_log

STAGE = "prod"
ORIGIN = "https://app.example.com"
# Of what the Serverless Framework writes: dependencies said twice, and conditions on params that are filled in.
GENERATED = ("W3005", "W8003")


@dataclass
class Wish:
    """What is to be deployed: in each tool's words, the same."""

    name: str
    params: dict[str, str]
    rest: str
    """`token` or `request`."""
    http: str
    """The payload format version."""


@dataclass
class Deployed:
    """A REST API and an HTTP API that ask one authorizer."""

    emulator: Emulator
    wish: Wish
    rest_id: str
    http_id: str
    function: str
    log_group: str
    backend: str
    """The name of the function behind the APIs."""
    stage: str = STAGE
    cors: frozenset[str] = frozenset({"rest", "http"})
    """The APIs whose headers for scripts the emulator has: of CloudFormation, ministack reads neither the gateway responses
    of an OpenAPI document nor an HTTP API's CorsConfiguration."""
    rest_log: dict | None = None
    """The REST API's access log as the template says it, where the emulator does not have it: of a stage in CloudFormation,
    ministack does not read the AccessLogSetting."""

    def call(self, api: str, method: str, path: str, token: str | None) -> Answer:
        """One request to the API `rest` or `http`, from a browser's page."""
        headers = {"Origin": ORIGIN} | ({} if token is None else {"Authorization": f"Bearer {token}"})
        place = {"rest": f"{self.rest_id}/{self.stage}", "http": f"{self.http_id}/$default"}[api]
        return call(self.emulator.port, method, f"/_aws/execute-api/{place}{path}", headers)

    def access_log(self, api: str) -> tuple[str, str]:
        """Where a stage logs its requests, and in which format."""
        if api == "http":
            stage = self.emulator.client("apigatewayv2").get_stage(ApiId=self.http_id, StageName="$default")
            settings = stage["AccessLogSettings"]
            return settings["DestinationArn"], settings["Format"]
        settings = self.emulator.client("apigateway").get_stage(restApiId=self.rest_id, stageName=self.stage)
        settings = settings.get("accessLogSettings") or self.rest_log
        return settings["destinationArn"], settings["format"]

    def log(self) -> list[str]:
        return self.emulator.logged(self.log_group)

    def runs(self) -> int:
        """How often the authorizer was asked."""
        return sum(line.startswith("START RequestId:") for line in self.log())


class NotInstalled(Exception):
    """A tool, or what it needs, is not on this machine."""


class Tool:
    """One folder below authorizer/deploy, in a copy of its own, with the package beside it."""

    source: str

    def __init__(self, root: Path, folder: Path, package: Path, emulator: Emulator):
        self.root = root
        self.folder = folder
        source = root / "authorizer" / "deploy" / self.source
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".*", "node_modules", "*.zip"))
        self.package = package
        self.emulator = emulator
        self.commands = []

    def run(self, *command, cwd: Path | None = None, **environment: str) -> str:
        """Runs a command to its end; what it printed. Its failure is an error with what it printed."""
        self.commands.append([str(word) for word in command])
        done = subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=self.emulator.environment() | {"AWS_ENDPOINT_URL": self.emulator.url} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{Path(command[0]).name} {command[1]} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def outputs(self, stack: str) -> dict[str, str]:
        """What a stack of CloudFormation gave out."""
        [found] = self.emulator.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


class Sam(Tool):
    source = "sam"

    def prepare(self) -> None:
        shutil.copy(self.package, self.folder / "function.zip")
        self.run(BIN / "cfn-lint", "--regions", REGION, "--", "template.yaml")
        self.run(BIN / "sam", "validate", "--lint", "--region", REGION, SAM_CLI_TELEMETRY="0")

    def deploy(self, wish: Wish, backend_arn: str) -> Deployed:
        named = {name.title().replace("_", ""): value for name, value in wish.params.items()}
        parameters = named | {
            "BackendArn": backend_arn,
            "RestAuthorizer": wish.rest,
            "HttpAuthorizer": wish.http,
            "StageName": STAGE,
            "AllowOrigin": ORIGIN,
        }
        self.run(
            *(BIN / "sam", "deploy", "--stack-name", wish.name, "--region", REGION, "--resolve-s3"),
            *("--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"),
            *("--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())),
            SAM_CLI_TELEMETRY="0",
        )
        outputs = self.outputs(wish.name)
        return Deployed(
            *(self.emulator, wish, outputs["RestApiId"], outputs["HttpApiId"]),
            *(outputs["AuthorizerFunction"], outputs["AuthorizerLogGroup"], backend_arn.split(":")[6]),
            cors=frozenset(),
            rest_log=rest_access_log(self.emulator, wish.name),
        )


class Serverless(Tool):
    source = "serverless"

    def prepare(self) -> None:
        shutil.copy(self.package, self.folder / "function.zip")
        self.program = self.root / "target" / "e2e-node" / "node_modules" / ".bin" / "osls"

    def deploy(self, wish: Wish, _backend_arn: str) -> Deployed:
        values = {camel(name): value for name, value in wish.params.items()} | {
            "restAuthorizer": wish.rest,
            "httpPayload": wish.http,
            "allowOrigin": ORIGIN,
        }
        given = [f"--param={name}={value}" for name, value in values.items()]
        self.run(self.program, "deploy", "--stage", wish.name, "--region", REGION, *given, SLS_TELEMETRY_DISABLED="1")
        template = ".serverless/cloudformation-template-update-stack.json"
        self.run(BIN / "cfn-lint", "--ignore-checks", *GENERATED, "--regions", REGION, "--", template)
        outputs = self.outputs(f"notes-{wish.name}")
        names = ("RestApiId", "HttpApiId", "Authorizer", "AuthorizerLogs", "Backend")
        ids = (outputs[name] for name in names)
        return Deployed(self.emulator, wish, *ids, stage=wish.name, cors=frozenset({"rest"}))


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


class Terraform(Tool):
    source = "terraform"

    def prepare(self) -> None:
        self.example = self.folder / "examples" / "api"
        terraform = shutil.which("terraform")
        if terraform is None:
            raise NotInstalled("terraform is not on the PATH")
        self.terraform(terraform, "fmt", "-check", "-recursive", "-diff", cwd=self.folder)
        plugins = plugin_folder(Path(terraform).resolve())
        options = [f"-plugin-dir={plugins}"] if plugins else []
        try:
            self.terraform(terraform, "init", "-backend=false", "-input=false", *options)
        except RuntimeError as problem:
            if plugins:
                raise
            raise NotInstalled(f"terraform has no AWS provider, and cannot fetch one: {problem}") from problem
        self.terraform(terraform, "validate")

    def terraform(self, *command, cwd: Path | None = None) -> str:
        return self.run(*command, cwd=cwd or self.example, TF_IN_AUTOMATION="1", CHECKPOINT_DISABLE="1")

    def deploy(self, wish: Wish, backend_arn: str) -> Deployed:
        variables = {
            "name": wish.name,
            "region": REGION,
            "package": str(self.package),
            "params": wish.params,
            "backend": backend_arn.split(":")[6],
            "rest_authorizer": wish.rest.upper(),
            "http_payload_format": wish.http,
            "stage": STAGE,
            "allow_origin": ORIGIN,
        }
        values = self.example / f"{wish.name}.tfvars.json"
        values.write_text(json.dumps(variables))
        state = f"-state={wish.name}.tfstate"
        self.terraform("terraform", "apply", "-auto-approve", "-input=false", state, f"-var-file={values.name}")
        said = json.loads(self.terraform("terraform", "output", "-json", state))
        outputs = {name: output["value"] for name, output in said.items()}
        ids = (outputs[name] for name in ("rest_api_id", "http_api_id", "authorizer", "authorizer_log_group"))
        return Deployed(self.emulator, wish, *ids, backend=variables["backend"])


def plugin_folder(terraform: Path) -> Path | None:
    """Where providers have been put for a terraform that cannot fetch them, as `terraform init -plugin-dir` takes it:
    the folder that E2E_TERRAFORM_PLUGINS names, one beside the program, or one of the system's add-on packages."""
    named = os.environ.get("E2E_TERRAFORM_PLUGINS")
    if named:
        return Path(named).resolve()
    prefix = terraform.parent.parent
    addons = Path(terraform.anchor) / "opt"
    usual = [terraform.parent / "terraform.d" / "plugins", prefix / "share" / "terraform" / "plugins", *addons.glob("*")]
    wanted = Path("registry.terraform.io", "hashicorp", "aws")
    return next((folder for folder in sorted(usual) if (folder / wanted).is_dir()), None)
