//! The members of an event that are looked at, found in one walk over it.

use crate::token::{Json, Object};

/// Those of the event itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts<'d, 'a> {
    pub(super) r#type: Member<'d, 'a>,
    pub(super) version: Member<'d, 'a>,
    pub(super) method_arn: Member<'d, 'a>,
    pub(super) route_arn: Member<'d, 'a>,
    pub(super) token: Member<'d, 'a>,
    pub(super) http_method: Member<'d, 'a>,
    pub(super) path: Member<'d, 'a>,
    pub(super) raw_path: Member<'d, 'a>,
    pub(super) headers: Member<'d, 'a>,
    pub(super) multi_value_headers: Member<'d, 'a>,
    pub(super) cookies: Member<'d, 'a>,
    pub(super) query: Member<'d, 'a>,
    pub(super) multi_value_query: Member<'d, 'a>,
    pub(super) raw_query: Member<'d, 'a>,
    pub(super) context: Context<'d, 'a>,
    /// How many values the event has in all, itself among them.
    pub(super) size: usize,
}

/// Those of its `requestContext`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context<'d, 'a> {
    pub(super) http_method: Member<'d, 'a>,
    pub(super) path: Member<'d, 'a>,
    pub(super) connection_id: Member<'d, 'a>,
    pub(super) event_type: Member<'d, 'a>,
    pub(super) query_string: Member<'d, 'a>,
    pub(super) identity: Member<'d, 'a>,
    pub(super) http: Member<'d, 'a>,
}

/// A member, if it is there.
pub(super) type Member<'d, 'a> = Option<Json<'d, 'a>>;

impl<'d, 'a> Parts<'d, 'a> {
    pub(super) fn of(event: Object<'d, 'a>) -> Self {
        let mut parts = Self { size: event.size(), ..Self::default() };
        for (name, value) in event.members() {
            let part = match name {
                b"type" => &mut parts.r#type,
                b"version" => &mut parts.version,
                b"methodArn" => &mut parts.method_arn,
                b"routeArn" => &mut parts.route_arn,
                b"authorizationToken" => &mut parts.token,
                b"httpMethod" => &mut parts.http_method,
                b"path" => &mut parts.path,
                b"rawPath" => &mut parts.raw_path,
                b"headers" => &mut parts.headers,
                b"multiValueHeaders" => &mut parts.multi_value_headers,
                b"cookies" => &mut parts.cookies,
                b"queryStringParameters" => &mut parts.query,
                b"multiValueQueryStringParameters" => &mut parts.multi_value_query,
                b"rawQueryString" => &mut parts.raw_query,
                b"requestContext" => {
                    parts.context = value.as_object().map(Context::of).unwrap_or_default();
                    continue;
                }
                _ => continue,
            };
            *part = Some(value);
        }
        parts
    }
}

impl<'d, 'a> Context<'d, 'a> {
    fn of(context: Object<'d, 'a>) -> Self {
        let mut parts = Self::default();
        for (name, value) in context.members() {
            let part = match name {
                b"httpMethod" => &mut parts.http_method,
                b"path" => &mut parts.path,
                b"connectionId" => &mut parts.connection_id,
                b"eventType" => &mut parts.event_type,
                b"queryString" => &mut parts.query_string,
                b"identity" => &mut parts.identity,
                b"http" => &mut parts.http,
                _ => continue,
            };
            *part = Some(value);
        }
        parts
    }
}
