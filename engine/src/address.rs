//! Addresses and blocks of them, as rules write them.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// Whether the text is an address or a block of addresses, as `request.ip` is compared with: `10.0.0.1`, `10.0.0.0/8`,
/// `2001:db8::/32`.
pub fn is_block(text: &str) -> bool {
    block(text).is_some()
}

/// The block; of an address, that of it alone. No number of an IPv4 address has a leading zero: `010` is 8 to some
/// readers and 10 to others.
pub(crate) fn block(text: &str) -> Option<IpNet> {
    let Some((address, _)) = text.split_once('/') else {
        return text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
    };
    // The block's own parser lets zeros lead.
    address.parse::<IpAddr>().ok()?;
    text.parse().ok().map(canonical)
}

/// A block of IPv4 addresses written as IPv6 is one of IPv4 addresses: so are the addresses it is compared with.
fn canonical(block: IpNet) -> IpNet {
    let IpNet::V6(v6) = block else { return block };
    let mapped = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96));
    mapped.and_then(|(address, length)| Ipv4Net::new(address, length).ok()).map_or(block, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_in_one_way() {
        for (text, expected) in [
            ("10.0.0.1", Some("10.0.0.1/32")),
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("::ffff:10.0.0.1", Some("10.0.0.1/32")),
            ("::ffff:10.0.0.0/104", Some("10.0.0.0/8")),
            ("2001:db8::/32", Some("2001:db8::/32")),
            ("010.0.0.1", None),
            ("010.0.0.0/8", None),
            ("10.0.00.0/8", None),
            ("::ffff:010.0.0.0/104", None),
            ("10.0.0.0/33", None),
            ("10.0.0/8", None),
            ("10.0.0.0/", None),
            ("/8", None),
            ("", None),
        ] {
            assert_eq!(block(text).map(|block| block.to_string()).as_deref(), expected, "{text}");
        }
    }
}
