"""What looks after a deployed API: alarms that somebody hears of, a dashboard, logs that end some day."""

import json
from dataclasses import dataclass

from harness.checks import Checks
from harness.emulator import Emulator

AUTHORIZER_METRICS = {"Allowed", "Denied", "Unauthorized", "KeyFetches", "KeyFetchFailures", "StaleKeyUses"}
FUNCTION_METRICS = {"Invocations", "Errors", "Throttles", "Duration"}
REST_METRICS = {"Count", "4XXError", "5XXError", "Latency"}
HTTP_METRICS = {"Count", "4xx", "5xx", "Latency"}
# What an access log has to tell: who asked for what, and what came of it, in the authorizer too.
LOGGED = {
    *("requestId", "time", "ip", "principal", "method", "path", "status", "error"),
    *("authorizerStatus", "authorizerLatency", "latency", "bytes"),
}


@dataclass
class Watched:
    """The names that metrics go by."""

    emulator: Emulator
    checks: Checks
    authorizer: str
    backend: str
    rest: str
    """A REST API's name."""
    http: str | None = None
    """An HTTP API's id."""

    def alarms(self, own: set[str]) -> None:
        """The metrics with an alarm are those of the authorizer, and the errors of everything else."""
        wanted = {(self.authorizer, metric) for metric in own}
        wanted |= {(self.backend, "Errors"), (self.backend, "Throttles"), (self.rest, "5XXError")}
        if self.http:
            wanted.add((self.http, "5xx"))
        names = {name for name, _ in wanted}
        cloudwatch = self.emulator.client("cloudwatch")
        watched, silent = set(), []
        topics = {topic["TopicArn"] for topic in self.emulator.client("sns").list_topics()["Topics"]}
        for page in cloudwatch.get_paginator("describe_alarms").paginate():
            for alarm in page["MetricAlarms"]:
                own_names = names & {dimension["Value"] for dimension in alarm["Dimensions"]}
                watched |= {(name, alarm["MetricName"]) for name in own_names}
                if own_names and not (alarm["AlarmActions"] and set(alarm["AlarmActions"]) <= topics):
                    silent.append(alarm["AlarmName"])
        self.checks.equal("metrics with an alarm", watched, wanted)
        self.checks.equal("alarms that nobody hears of", silent, [])

    def dashboard(self) -> None:
        """One dashboard shows the figures of the API, the authorizer and the backend."""
        cloudwatch = self.emulator.client("cloudwatch")
        names = [entry["DashboardName"] for entry in cloudwatch.list_dashboards()["DashboardEntries"]]
        bodies = [cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"] for name in names]
        shown = [body for body in bodies if json.dumps(self.authorizer) in body]
        if not self.checks.equal("dashboards with the authorizer", len(shown), 1):
            return
        wanted = {(self.authorizer, metric) for metric in FUNCTION_METRICS | AUTHORIZER_METRICS}
        wanted |= {(self.backend, metric) for metric in FUNCTION_METRICS}
        wanted |= {(self.rest, metric) for metric in REST_METRICS}
        if self.http:
            wanted |= {(self.http, metric) for metric in HTTP_METRICS}
        widgets = json.loads(shown[0])["widgets"]
        metrics = [metric for widget in widgets for metric in widget["properties"]["metrics"]]
        has = {(metric[3], metric[1]) for metric in metrics if len(metric) >= 4}
        self.checks.equal("figures that the dashboard lacks", sorted(wanted - has), [])

    def log_is_kept(self, group: str, days: int) -> None:
        found = self.emulator.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        kept = {one["logGroupName"]: one.get("retentionInDays") for one in found}
        self.checks.equal(f"days that {group} is kept", kept.get(group), days)

    def access_log(self, what: str, destination: str, form: str, days: int) -> None:
        """A stage logs JSON, with all that matters, into a group that does not grow for ever."""
        line = json.loads(form)
        self.checks.equal(f"{what}: what the access log lacks", sorted(LOGGED - line.keys()), [])
        # An ARN, in some tools' words with `:*` behind it.
        self.log_is_kept(destination.removesuffix(":*").split(":log-group:")[1], days)
