"""The users service: five routes over one table. Who may call them is decided before, by the authorizer."""

import json
import os
import uuid
from datetime import datetime, timezone
from decimal import Decimal

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["USERS_TABLE"])


class BadRequest(Exception):
    """What the caller sent cannot be used; the message is for the caller."""


def handler(event, _context):
    route = ROUTES.get(f"{event['httpMethod']} {event['resource']}")
    if route is None:
        return answer(404, {"message": "no such route"})
    try:
        return answer(200, route(event))
    except BadRequest as problem:
        return answer(400, {"message": str(problem)})


def list_users(_event):
    users, start = [], {}
    while True:
        page = TABLE.scan(**start)
        users += page["Items"]
        if "LastEvaluatedKey" not in page:
            return users
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def create_user(event):
    user = record(event)
    user.setdefault("userid", str(uuid.uuid4()))
    return store(user)


def get_user(event):
    return TABLE.get_item(Key=key(event)).get("Item", {})


def put_user(event):
    return store(record(event) | key(event))


def delete_user(event):
    TABLE.delete_item(Key=key(event))
    return {}


ROUTES = {
    "GET /users": list_users,
    "POST /users": create_user,
    "GET /users/{userid}": get_user,
    "PUT /users/{userid}": put_user,
    "DELETE /users/{userid}": delete_user,
}


def key(event):
    return {"userid": event["pathParameters"]["userid"]}


def record(event):
    """The body as a record that a table can hold."""
    try:
        # The table takes no floating-point numbers.
        body = json.loads(event.get("body") or "", parse_float=Decimal, parse_constant=not_a_number)
    except ValueError as problem:
        raise BadRequest(f"the body is not JSON: {problem}") from None
    if not isinstance(body, dict):
        raise BadRequest("the body is not a JSON object")
    userid = body.get("userid", "unset")
    if not isinstance(userid, str) or not userid:
        raise BadRequest("userid is not a non-empty string")
    return body


def not_a_number(name):
    raise ValueError(f"{name} is not a JSON number")


def store(user):
    user["timestamp"] = datetime.now(timezone.utc).isoformat()
    TABLE.put_item(Item=user)
    return user


def answer(status, body):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=plain_number),
    }


def plain_number(value):
    """The table's decimals, as JSON has them."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return int(value) if value == value.to_integral_value() else float(value)
