//! How long an answer says that it is good (RFC 9111 sections 4.2.1 and 5.2.2).

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL};

/// The seconds for which the answer is fresh from now on: its `max-age`, less what it already spent in caches
/// on the way; 0 for `no-store` and `no-cache`; none where it does not say. `s-maxage` is for shared caches,
/// which this is not.
pub(super) fn max_age(headers: &HeaderMap) -> Option<i64> {
    let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
    let mut fresh: Option<i64> = None;
    for directive in lines.flat_map(|line| line.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let seconds = match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => Some(0),
            "max-age" => seconds(value),
            _ => None,
        };
        // Of several, the shortest: the others would keep it for longer than somebody wants.
        fresh = fresh.into_iter().chain(seconds).min();
    }
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()).and_then(seconds).unwrap_or(0);
    fresh.map(|fresh| fresh.saturating_sub(age).max(0))
}

/// Digits alone, quoted or not; a number beyond what an integer holds is endless (RFC 9111 section 1.2.2).
fn seconds(value: &str) -> Option<i64> {
    let digits = value.trim().trim_matches('"');
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (headers, expected) in [
            (&[][..], None),
            (&[("cache-control", "public")], None),
            (&[("cache-control", "max-age=600")], Some(600)),
            (&[("cache-control", "public, Max-Age=\"600\" , must-revalidate")], Some(600)),
            (&[("cache-control", "max-age=600"), ("cache-control", "max-age=60")], Some(60)),
            (&[("cache-control", "s-maxage=600")], None),
            (&[("cache-control", "no-store, max-age=600")], Some(0)),
            (&[("cache-control", "no-cache=\"set-cookie\"")], Some(0)),
            (&[("cache-control", "max-age=600"), ("age", "200")], Some(400)),
            (&[("cache-control", "max-age=600"), ("age", "2000")], Some(0)),
            (&[("cache-control", "max-age=600"), ("age", "soon")], Some(600)),
            (&[("cache-control", "max-age=99999999999999999999")], Some(i64::MAX)),
            (&[("cache-control", "max-age=-5")], None),
            (&[("cache-control", "max-age")], None),
            (&[("cache-control", "max-age=six")], None),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, value.parse().unwrap());
            }
            assert_eq!(max_age(&map), expected, "{headers:?}");
        }
    }
}
