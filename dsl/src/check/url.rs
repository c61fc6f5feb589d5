//! URLs of issuers: https, or plain http to this machine.

use std::net::IpAddr;

use policy_engine::text::{Part, Text};

/// What is wrong with a URL, as it goes on behind its name; `None` also where it is known only with the
/// parameters' values.
pub(super) fn problem(text: &Text) -> Option<&'static str> {
    let (start, is_whole) = known_start(text);
    if start.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Some("holds white space, a backslash or a control character");
    }
    if let Some(rest) = start.strip_prefix("https://") {
        return host_problem(rest, is_whole);
    }
    if let Some(rest) = start.strip_prefix("http://") {
        let is_elsewhere = host(rest, is_whole).is_some_and(|host| !is_loopback(host));
        return is_elsewhere.then_some("is plain http to another machine");
    }
    let may_still_begin_well =
        !is_whole && ["https://", "http://"].iter().any(|scheme| scheme.starts_with(start));
    if may_still_begin_well { None } else { Some("is no `https://` URL") }
}

/// The text up to its first parameter, and whether that is all of it.
fn known_start(text: &Text) -> (&str, bool) {
    match text {
        Text::Fixed(fixed) => (fixed, true),
        Text::Template(parts) => match parts.first() {
            Some(Part::Fixed(fixed)) => (fixed, false),
            _ => ("", false),
        },
    }
}

fn host_problem(rest: &str, is_whole: bool) -> Option<&'static str> {
    match host(rest, is_whole) {
        Some("") => Some("names no host"),
        Some(host) if host.contains('@') => Some("holds a user name"),
        _ => None,
    }
}

/// What stands before the path, if all of it is known.
fn host(rest: &str, is_whole: bool) -> Option<&str> {
    match rest.split_once(['/', '?', '#']) {
        Some((host, _)) => Some(host),
        None => is_whole.then_some(rest),
    }
}

/// The host may have a port. With a user name before it, what looks like the host is not.
fn is_loopback(host: &str) -> bool {
    if host.contains('@') {
        return false;
    }
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(name, _)| name),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use policy_engine::text::ParamId;

    use super::*;

    #[test]
    fn only_https_and_this_machine_are_taken() {
        for (url, problem_found) in [
            ("https://example.com/", false),
            ("https://example.com:8443/a?b", false),
            ("http://127.0.0.1:9000/x", false),
            ("http://localhost", false),
            ("http://[::1]:80/", false),
            ("http://example.com/", true),
            ("http://localhost.example.com/", true),
            ("http://localhost@example.com/", true),
            ("http://127.0.0.1@example.com/", true),
            ("http://127.0.0.1:80@example.com/", true),
            ("https://a@b/", true),
            ("https://", true),
            ("https:///a", true),
            ("ftp://a/", true),
            ("example.com", true),
            ("", true),
            ("https://a b/", true),
        ] {
            assert_eq!(problem(&Text::from(url)).is_some(), problem_found, "{url}");
        }
    }

    #[test]
    fn what_params_decide_is_left_to_them() {
        let param = || Part::Param(ParamId(0));
        let fixed = |text: &str| Part::Fixed(text.to_owned());
        for (parts, problem_found) in [
            (vec![param()], false),
            (vec![fixed("https://"), param()], false),
            (vec![fixed("http://"), param()], false),
            (vec![fixed("http"), param()], false),
            (vec![fixed("http://a.example/"), param()], true),
            (vec![fixed("ftp://"), param()], true),
        ] {
            assert_eq!(problem(&Text::Template(parts.clone())).is_some(), problem_found, "{parts:?}");
        }
    }
}
