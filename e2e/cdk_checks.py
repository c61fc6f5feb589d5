"""What a template that the CDK made of the notes says."""

import json
import re

from harness.checks import Checks
from harness.watched import AUTHORIZER_METRICS, FUNCTION_METRICS, HTTP_METRICS, LOGGED, REST_METRICS

ALARMS = {
    *("Errors", "Throttles", "Duration"),
    *("Unauthorized", "TokensRefused", "KeyFetchFailures", "StaleKeyUses"),
    *("5XXError", "5xx"),
}
BACKEND_ALARMS = ["Errors", "Throttles"]
PERMISSIONS = {
    *("logs:CreateLogStream", "logs:PutLogEvents"),
    *("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
}
BACKEND = "notes-backend"
LOG_DAYS = 90
TTL = 300


class CdkChecks:
    def __init__(self, resources: dict[str, dict], checks: Checks):
        self.resources = resources
        self.checks = checks

    def all(self) -> None:
        self.nothing_is_open()
        self.authorizers()
        self.role()
        self.alarms()
        self.dashboard()
        self.logs()

    def of(self, kind: str) -> dict[str, dict]:
        found = {name: one for name, one in self.resources.items() if one["Type"] == kind}
        return {name: one.get("Properties", {}) for name, one in found.items()}

    def nothing_is_open(self) -> None:
        methods = [one for one in self.of("AWS::ApiGateway::Method").values() if one["HttpMethod"] != "OPTIONS"]
        self.checks.true("the REST API has methods", methods)
        routes = list(self.of("AWS::ApiGatewayV2::Route").values())
        self.checks.true("the HTTP API has routes", routes)
        ways = methods + routes
        unasked = [one for one in ways if one.get("AuthorizationType") != "CUSTOM" or "AuthorizerId" not in one]
        self.checks.equal("ways in that ask no authorizer", unasked, [])
        callers = self.of("AWS::Lambda::Permission").values()
        anybody = [one for one in callers if "SourceArn" not in one or one["Principal"] != "apigateway.amazonaws.com"]
        self.checks.equal("others than these APIs that may call a function", anybody, [])

    def authorizers(self) -> None:
        [rest] = self.of("AWS::ApiGateway::Authorizer").values()
        settings = (rest["Type"], rest["IdentitySource"], rest["AuthorizerResultTtlInSeconds"])
        self.checks.equal("the REST API's", settings, ("TOKEN", "method.request.header.Authorization", TTL))
        [http] = self.of("AWS::ApiGatewayV2::Authorizer").values()
        settings = (http["AuthorizerType"], http["AuthorizerPayloadFormatVersion"], http["AuthorizerResultTtlInSeconds"])
        self.checks.equal("the HTTP API's", settings, ("REQUEST", "1.0", TTL))
        self.checks.equal("its identity source", http["IdentitySource"], ["$request.header.Authorization"])
        [function] = self.of("AWS::Lambda::Function").values()
        self.checks.equal("the runtime", function["Runtime"], "provided.al2023")
        self.checks.equal("tracing", function["TracingConfig"], {"Mode": "Active"})
        variables = function["Environment"]["Variables"]
        params = {name for name in variables if name.startswith("POLICY_PARAM_")}
        wanted = {"POLICY_PARAM_ISSUER_URL", "POLICY_PARAM_JWKS_URI", "POLICY_PARAM_API_AUDIENCE"}
        self.checks.equal("the policy's params", params, wanted)

    def role(self) -> None:
        [function] = self.of("AWS::Lambda::Function").values()
        own = function["Role"]["Fn::GetAtt"][0]
        managed = self.resources[own]["Properties"].get("ManagedPolicyArns", [])
        policies = [one for one in self.of("AWS::IAM::Policy").values() if {"Ref": own} in one["Roles"]]
        actions = set()
        for statement in (one for policy in policies for one in policy["PolicyDocument"]["Statement"]):
            listed = statement["Action"]
            actions.update([listed] if isinstance(listed, str) else listed)
        self.checks.equal("what the role may do", (actions, managed), (PERMISSIONS, []))

    def alarms(self) -> None:
        alarms = list(self.of("AWS::CloudWatch::Alarm").values())
        behind = [one for one in alarms if BACKEND in {name_of(dimension["Value"]) for dimension in one["Dimensions"]}]
        self.checks.equal("the backend's alarms", sorted(one["MetricName"] for one in behind), BACKEND_ALARMS)
        others = {one["MetricName"] for one in alarms if one not in behind}
        self.checks.equal("the other metrics with an alarm", others, ALARMS)
        [topic] = self.of("AWS::SNS::Topic")
        silent = [one["MetricName"] for one in alarms if one.get("AlarmActions") != [{"Ref": topic}]]
        self.checks.equal("alarms that nobody hears of", silent, [])

    def dashboard(self) -> None:
        [dashboard] = self.of("AWS::CloudWatch::Dashboard").values()
        body = dashboard["DashboardBody"]
        text = "".join(name_of(part) for part in body["Fn::Join"][1])
        metrics = [metric for one in json.loads(text)["widgets"] for metric in one["properties"]["metrics"]]
        has = {(metric[0], metric[1]) for metric in metrics if len(metric) >= 4}
        wanted = {("AWS/Lambda", metric) for metric in FUNCTION_METRICS}
        wanted |= {("Policy/Authorizer", metric) for metric in AUTHORIZER_METRICS}
        wanted |= {("AWS/ApiGateway", metric) for metric in REST_METRICS | HTTP_METRICS}
        self.checks.equal("figures that the dashboard lacks", sorted(wanted - has), [])
        behind = {metric[1] for metric in metrics if len(metric) >= 4 and metric[3] == BACKEND}
        self.checks.equal("the backend's figures", behind, FUNCTION_METRICS)

    def logs(self) -> None:
        days = {one.get("RetentionInDays") for one in self.of("AWS::Logs::LogGroup").values()}
        self.checks.equal("days that logs are kept", days, {LOG_DAYS})
        [rest] = self.of("AWS::ApiGateway::Stage").values()
        [http] = self.of("AWS::ApiGatewayV2::Stage").values()
        for name, setting in (("rest", rest["AccessLogSetting"]), ("http", http["AccessLogSettings"])):
            line = json.loads(setting["Format"])
            self.checks.equal(f"{name}: what the access log lacks", sorted(LOGGED - line.keys()), [])
            self.checks.true(f"{name}: it goes somewhere", setting.get("DestinationArn"))


def name_of(value) -> str:
    """A text; or what stands for one that is only known after the deployment: a resource, or a function by its ARN."""
    if isinstance(value, str):
        return value
    function = re.search(r":function:([\w-]+)", json.dumps(value))
    return function[1] if function else value.get("Ref", "?")
