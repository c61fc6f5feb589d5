locals {
  search = "{${var.metrics_namespace},FunctionName,Reason} MetricName=\"TokensRefused\" FunctionName=\"${var.name}\""

  widgets = [
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
    widgets = [for index, widget in local.widgets : {
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
