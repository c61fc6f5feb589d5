//! X-Ray: what was decided, as a subsegment of Lambda's own segment, sent to the daemon beside the function.
//!
//! Sources: "AWS X-Ray segment documents" and "Sending trace data to AWS X-Ray" in the developer guide of X-Ray;
//! the header is Lambda's `Lambda-Runtime-Trace-Id`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use sha2::{Digest, Sha256};

/// What stands before each document in a datagram.
const HEADER: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";
/// The longest trace header that is looked at, in bytes.
const MAX_HEADER_BYTES: usize = 1_024;
/// The name of the subsegment.
const NAME: &str = "policy";

/// The daemon's address, as `AWS_XRAY_DAEMON_ADDRESS` says it: `127.0.0.1:2000`, or
/// `tcp:127.0.0.1:2000 udp:127.0.0.1:2001`. No names: looking one up could take long.
pub fn daemon(text: &str) -> Option<SocketAddr> {
    let mut words = text.split_whitespace();
    let udp = words.clone().find_map(|word| word.strip_prefix("udp:"));
    udp.or_else(|| words.next())?.parse().ok()
}

/// Sends subsegments to the daemon. Nobody waits for it, and what it does not take is lost.
#[derive(Debug)]
pub(crate) struct Tracer {
    socket: UdpSocket,
    daemon: SocketAddr,
}

/// What is known about a request that is traced.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Traced<'a> {
    trace: &'a str,
    parent: &'a str,
}

/// What is found in the trace afterwards: X-Ray indexes annotations, and traces can be filtered by them.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Annotations {
    pub(crate) decision: &'static str,
    pub(crate) reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<&'static str>,
    pub(crate) key_fetches: u32,
    pub(crate) stale_keys: bool,
    pub(crate) shadow_differs: bool,
}

#[derive(Serialize)]
struct Subsegment<'a> {
    name: &'static str,
    id: String,
    trace_id: &'a str,
    parent_id: &'a str,
    r#type: &'static str,
    start_time: f64,
    end_time: f64,
    annotations: Annotations,
}

impl Tracer {
    /// A tracer for the daemon at that address.
    pub(crate) fn new(daemon: SocketAddr) -> io::Result<Self> {
        let any: IpAddr =
            if daemon.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0))?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, daemon })
    }

    /// Sends the subsegment of an event, where its trace is sampled. `header` is Lambda's trace header, `id` what
    /// tells the invocation from others.
    pub(crate) fn send(
        &self,
        header: &str,
        id: &str,
        (start, duration): (SystemTime, Duration),
        annotations: Annotations,
    ) {
        let Some(traced) = Traced::parse(header) else { return };
        let since = start.duration_since(UNIX_EPOCH).unwrap_or_default();
        let subsegment = Subsegment {
            name: NAME,
            id: subsegment_id(traced.parent, id),
            trace_id: traced.trace,
            parent_id: traced.parent,
            r#type: "subsegment",
            start_time: since.as_secs_f64(),
            end_time: since.saturating_add(duration).as_secs_f64(),
            annotations,
        };
        let mut datagram = HEADER.to_vec();
        if serde_json::to_writer(&mut datagram, &subsegment).is_ok() {
            let _ = self.socket.send_to(&datagram, self.daemon);
        }
    }
}

impl<'a> Traced<'a> {
    /// None where the trace is not sampled, or the header is none.
    fn parse(header: &'a str) -> Option<Self> {
        if header.len() > MAX_HEADER_BYTES {
            return None;
        }
        let field = |name: &str| {
            let mut fields = header.split(';').filter_map(|field| field.trim().split_once('='));
            fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let (trace, parent) = (field("Root")?, field("Parent")?);
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        // `1-`, eight digits of the time, `-`, 24 digits.
        let [version, time, unique] = trace.split('-').collect::<Vec<_>>().try_into().ok()?;
        let fits = version == "1"
            && (time.len(), unique.len(), parent.len()) == (8, 24, 16)
            && [time, unique, parent].into_iter().all(is_hex);
        (fits && field("Sampled") == Some("1")).then_some(Self { trace, parent })
    }
}

/// 64 bits in hexadecimal. Not random: processes restored from one snapshot could have the same randomness, and
/// never have the same invocation.
fn subsegment_id(parent: &str, id: &str) -> String {
    let digest = Sha256::digest(format!("{parent}\n{id}"));
    let start = digest.first_chunk::<8>().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(start))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SAMPLED: &str =
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0";
    const ANNOTATIONS: Annotations = Annotations {
        decision: "allow",
        reason: "rule",
        mode: Some("whole_api"),
        key_fetches: 1,
        stale_keys: false,
        shadow_differs: false,
    };

    fn daemon_and_tracer() -> (UdpSocket, Tracer) {
        let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
        let tracer = Tracer::new(daemon.local_addr().unwrap()).unwrap();
        (daemon, tracer)
    }

    fn times() -> (SystemTime, Duration) {
        (UNIX_EPOCH + Duration::from_millis(1_800_000_000_250), Duration::from_millis(500))
    }

    /// All that has come, without waiting: on a loopback address, what was sent is there.
    fn received(daemon: &UdpSocket) -> Vec<String> {
        daemon.set_nonblocking(true).unwrap();
        let mut buffer = [0; 8_192];
        let datagrams = std::iter::from_fn(|| {
            let length = daemon.recv(&mut buffer).ok()?;
            Some(String::from_utf8(buffer[..length].to_vec()).unwrap())
        });
        datagrams.collect()
    }

    #[test]
    fn a_sampled_request_leaves_a_subsegment() {
        let (daemon, tracer) = daemon_and_tracer();
        tracer.send(SAMPLED, "request-1", times(), ANNOTATIONS);
        tracer.send(SAMPLED, "request-2", times(), ANNOTATIONS);
        let datagrams = received(&daemon);
        assert_eq!(datagrams.len(), 2);
        let documents: Vec<Value> = datagrams
            .iter()
            .map(|datagram| {
                let (header, document) = datagram.split_once('\n').unwrap();
                assert_eq!(header, r#"{"format":"json","version":1}"#);
                serde_json::from_str(document).unwrap()
            })
            .collect();
        let id = documents[0]["id"].as_str().unwrap();
        assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_ne!(documents[0]["id"], documents[1]["id"]);
        let expected = json!({
            "name": "policy", "id": id, "type": "subsegment",
            "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "parent_id": "53995c3f42cd8ad8",
            "start_time": 1_800_000_000.25, "end_time": 1_800_000_000.75,
            "annotations": {
                "decision": "allow", "reason": "rule", "mode": "whole_api",
                "key_fetches": 1, "stale_keys": false, "shadow_differs": false
            }
        });
        assert_eq!(documents[0], expected);
    }

    #[test]
    fn what_is_not_sampled_or_no_header_leaves_nothing() {
        let (daemon, tracer) = daemon_and_tracer();
        for header in [
            "",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
            "Parent=53995c3f42cd8ad8;Sampled=1",
            "Root=1-5759e988;Parent=53995c3f42cd8ad8;Sampled=1",
            "Root=1-5759e988-bd862e3fe1be46a99427279\u{7};Parent=53995c3f42cd8ad8;Sampled=1",
            "Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            &format!("{SAMPLED};x={}", "y".repeat(MAX_HEADER_BYTES)),
        ] {
            tracer.send(header, "request-1", times(), ANNOTATIONS);
        }
        assert!(received(&daemon).is_empty());
    }

    #[test]
    fn a_daemon_that_is_gone_holds_nobody_up() {
        let (daemon, tracer) = daemon_and_tracer();
        drop(daemon);
        for _ in 0..100 {
            tracer.send(SAMPLED, "request-1", times(), ANNOTATIONS);
        }
    }

    #[test]
    fn addresses_of_daemons() {
        for (text, expected) in [
            ("169.254.79.129:2000", Some("169.254.79.129:2000")),
            ("tcp:127.0.0.1:2000 udp:127.0.0.1:2001", Some("127.0.0.1:2001")),
            ("udp:[::1]:2000", Some("[::1]:2000")),
            ("localhost:2000", None),
            ("127.0.0.1", None),
            ("", None),
        ] {
            assert_eq!(daemon(text), expected.map(|address| address.parse().unwrap()), "{text}");
        }
    }
}
