//! Addresses and blocks of addresses.

use std::net::IpAddr;

/// Whether the address is that one, or lies in that block.
pub(crate) fn lies_in(address: IpAddr, block: &str) -> bool {
    let (network, length) = match block.split_once('/') {
        Some((network, length)) => (network, Some(length.parse::<u32>().expect("a prefix length"))),
        None => (block, None),
    };
    let network: IpAddr = network.parse().expect("an address");
    // An IPv4 address can come in IPv6's clothes, and so can a block of them.
    let (network, length) = match (network.to_canonical(), length) {
        (IpAddr::V4(inner), Some(length)) if network.is_ipv6() && length >= 96 => {
            (inner.into(), Some(length - 96))
        }
        (inner, None) => (inner, None),
        (_, length) => (network, length),
    };
    match (address.to_canonical(), network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            same_prefix(u32::from(address).into(), u32::from(network).into(), 32, length)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            same_prefix(address.into(), network.into(), 128, length)
        }
        _ => false,
    }
}

fn same_prefix(a: u128, b: u128, bits: u32, length: Option<u32>) -> bool {
    let below = bits - length.unwrap_or(bits);
    a.checked_shr(below).unwrap_or(0) == b.checked_shr(below).unwrap_or(0)
}
