locals {
  own = { FunctionName = aws_lambda_function.authorizer.function_name }

  authorizer_alarms = {
    errors = {
      text      = "The authorizer failed, or refused tokens, unusually often. To Lambda a 401 is an error, too."
      namespace = "AWS/Lambda", metric = "Errors", period = 60, periods = 5, threshold = 20, of = local.own
    }
    throttles = {
      text      = "Lambda throttled the authorizer; requests got 500."
      namespace = "AWS/Lambda", metric = "Throttles", period = 60, periods = 1, threshold = 1, of = local.own
    }
    unauthorized = {
      text      = "Unusually many requests are refused with 401."
      namespace = var.metrics_namespace, metric = "Unauthorized", period = 60, periods = 5, threshold = var.max_unauthorized_per_minute + 1, of = local.own
    }
    no-keys = {
      text      = "People are locked out, since an issuer's keys cannot be fetched."
      namespace = var.metrics_namespace, metric = "TokensRefused", period = 60, periods = 1, threshold = 1, of = merge(local.own, { Reason = "no_keys" })
    }
    key-fetch-failures = {
      text      = "An issuer does not give its keys. Nobody is locked out yet."
      namespace = var.metrics_namespace, metric = "KeyFetchFailures", period = 300, periods = 1, threshold = 3, of = local.own
    }
    stale-keys = {
      text      = "Tokens have been verified with old keys for an hour. At 24 hours everybody is locked out."
      namespace = var.metrics_namespace, metric = "StaleKeyUses", period = 300, periods = 12, threshold = 1, of = local.own
    }
  }

  rest_alarms = { for api in var.rest_api[*] : "rest-errors" => {
    text      = "The REST API answered with a 5XX."
    namespace = "AWS/ApiGateway", metric = "5XXError", period = 60, periods = 1, threshold = 1, of = { ApiName = api.name }
  } }

  http_alarms = { for api in var.http_api[*] : "http-errors" => {
    text      = "The HTTP API answered with a 5XX."
    namespace = "AWS/ApiGateway", metric = "5xx", period = 60, periods = 1, threshold = 1, of = { ApiId = api.id }
  } }

  backend_alarms = merge([for backend in var.backends : {
    "${backend}-errors" = {
      text      = "The backend ${backend} failed."
      namespace = "AWS/Lambda", metric = "Errors", period = 60, periods = 1, threshold = 1, of = { FunctionName = backend }
    }
    "${backend}-throttles" = {
      text      = "Lambda throttled the backend ${backend}."
      namespace = "AWS/Lambda", metric = "Throttles", period = 60, periods = 1, threshold = 1, of = { FunctionName = backend }
    }
  }]...)

  topics = var.alarm_topics == null ? aws_sns_topic.alarms[*].arn : var.alarm_topics
}

resource "aws_sns_topic" "alarms" {
  count = var.alarm_topics == null ? 1 : 0

  name = "${var.name}-alarms"
  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "sum" {
  for_each = merge(local.authorizer_alarms, local.rest_alarms, local.http_alarms, local.backend_alarms)

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = "Sum"
  period              = each.value.period
  evaluation_periods  = each.value.periods
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.topics
  ok_actions          = local.topics
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  alarm_name          = "${var.name}-duration"
  alarm_description   = "The authorizer is slow; an issuer may be."
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = local.own
  extended_statistic  = "p99"
  period              = 60
  evaluation_periods  = 5
  threshold           = var.max_duration_ms
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.topics
  ok_actions          = local.topics
  tags                = var.tags
}
