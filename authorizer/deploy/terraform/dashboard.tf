locals {
  search = "{${var.metrics_namespace},FunctionName,Reason} MetricName=\"TokensRefused\" FunctionName=\"${var.name}\""

  rest_names = var.rest_api[*].name
  http_ids   = var.http_api[*].id

  api_metrics = concat(
    [for pair in setproduct(local.rest_names, ["Count", "4XXError", "5XXError"]) : ["AWS/ApiGateway", pair[1], "ApiName", pair[0], { label = "REST ${pair[1]}" }]],
    [for name in local.rest_names : ["AWS/ApiGateway", "Latency", "ApiName", name, { label = "REST latency p99", stat = "p99", yAxis = "right" }]],
    [for pair in setproduct(local.http_ids, ["Count", "4xx", "5xx"]) : ["AWS/ApiGateway", pair[1], "ApiId", pair[0], { label = "HTTP ${pair[1]}" }]],
    [for id in local.http_ids : ["AWS/ApiGateway", "Latency", "ApiId", id, { label = "HTTP latency p99", stat = "p99", yAxis = "right" }]],
  )
  api_widgets = [for metrics in [local.api_metrics] : { title = "API", stat = "Sum", metrics = metrics } if length(metrics) > 0]

  backend_widgets = [for backend in var.backends : {
    title = "Backend ${backend}", stat = "Sum", metrics = concat(
      [for metric in ["Invocations", "Errors", "Throttles"] : ["AWS/Lambda", metric, "FunctionName", backend]],
      [["AWS/Lambda", "Duration", "FunctionName", backend, { stat = "p99", yAxis = "right" }]],
    )
  }]

  authorizer_widgets = [
    {
      title = "Authorizer", stat = "Sum", metrics = concat(
        [for metric in ["Invocations", "Errors", "Throttles"] : ["AWS/Lambda", metric, "FunctionName", var.name]],
        [["AWS/Lambda", "Duration", "FunctionName", var.name, { stat = "p99", yAxis = "right" }]],
      )
    },
    {
      title = "Decisions", stat = "Sum", metrics = [
        for metric in ["Allowed", "Denied", "Unauthorized"] : [var.metrics_namespace, metric, "FunctionName", var.name]
      ]
    },
    {
      title = "Keys", stat = "Sum", metrics = [
        for metric in ["KeyFetches", "KeyFetchFailures", "StaleKeyUses"] : [var.metrics_namespace, metric, "FunctionName", var.name]
      ]
    },
    {
      title = "Refused tokens by reason", stat = "Sum", metrics = [
        [{ expression = "SEARCH('${local.search}', 'Sum', 60)", id = "refused" }]
      ]
    },
    {
      title = "Time that a decision takes, in microseconds", stat = "p99", metrics = [
        for metric in ["Duration", "VerifyDuration", "DecideDuration"] : [var.metrics_namespace, metric, "FunctionName", var.name]
      ]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "authorizer" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [for index, widget in concat(local.api_widgets, local.backend_widgets, local.authorizer_widgets) : {
      type   = "metric"
      x      = (index % 3) * 8
      y      = floor(index / 3) * 6
      width  = 8
      height = 6
      properties = {
        title   = widget.title
        region  = local.region
        stat    = widget.stat
        period  = 60
        metrics = widget.metrics
      }
    }]
  })
}
