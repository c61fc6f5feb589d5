locals {
  own = { FunctionName = aws_lambda_function.authorizer.function_name }

  alarms = {
    errors = {
      text      = "The authorizer failed, or refused tokens, unusually often. To Lambda a 401 is an error, too."
      namespace = "AWS/Lambda", metric = "Errors", period = 60, periods = 5, threshold = 20
    }
    throttles = {
      text      = "Lambda throttled the authorizer; requests got 500."
      namespace = "AWS/Lambda", metric = "Throttles", period = 60, periods = 1, threshold = 1
    }
    unauthorized = {
      text      = "Unusually many requests are refused with 401."
      namespace = var.metrics_namespace, metric = "Unauthorized", period = 60, periods = 5, threshold = var.max_unauthorized_per_minute + 1
    }
    no-keys = {
      text      = "People are locked out, since an issuer's keys cannot be fetched."
      namespace = var.metrics_namespace, metric = "TokensRefused", period = 60, periods = 1, threshold = 1, reason = "no_keys"
    }
    key-fetch-failures = {
      text      = "An issuer does not give its keys. Nobody is locked out yet."
      namespace = var.metrics_namespace, metric = "KeyFetchFailures", period = 300, periods = 1, threshold = 3
    }
    stale-keys = {
      text      = "Tokens have been verified with old keys for an hour. At 24 hours everybody is locked out."
      namespace = var.metrics_namespace, metric = "StaleKeyUses", period = 300, periods = 12, threshold = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "authorizer" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = merge(local.own, can(each.value.reason) ? { Reason = each.value.reason } : {})
  statistic           = "Sum"
  period              = each.value.period
  evaluation_periods  = each.value.periods
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
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
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  tags                = var.tags
}
