//! Writes files in MaxMind's format (MaxMind DB file format specification, version 2.0), as small as tests need them.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test uses what it needs of this"
)]

use std::net::Ipv4Addr;

/// A file of networks, each an address, the length of its prefix, and its record.
pub(crate) fn database(networks: &[(Ipv4Addr, u8, &[u8])]) -> Vec<u8> {
    const EMPTY: u32 = u32::MAX;
    // Each node has a record for a next bit of 0 and one for 1: another node, nothing, or data.
    let (mut nodes, mut leaves, mut data) = (vec![[EMPTY; 2]], Vec::new(), Vec::new());
    for (address, length, record) in networks {
        let (bits, mut node) = (u32::from(*address), 0);
        for depth in 0..*length {
            let side = (bits >> (31 - u32::from(depth)) & 1) as usize;
            if depth + 1 == *length {
                leaves.push((node, side, data.len()));
            } else if nodes[node][side] == EMPTY {
                nodes[node][side] = nodes.len() as u32;
                node = nodes.len();
                nodes.push([EMPTY; 2]);
            } else {
                node = nodes[node][side] as usize;
            }
        }
        data.extend_from_slice(record);
    }
    let count = nodes.len() as u32;
    for (node, side, offset) in leaves {
        nodes[node][side] = count + 16 + offset as u32;
    }
    let mut file = Vec::new();
    for record in nodes.into_iter().flatten() {
        let record = if record == EMPTY { count } else { record };
        file.extend_from_slice(&record.to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    let metadata = [
        (text("node_count"), number(6, count)),
        (text("record_size"), number(5, 24)),
        (text("ip_version"), number(5, 4)),
        (text("database_type"), text("Test")),
        (text("languages"), vec![0, 4]),
        (text("binary_format_major_version"), number(5, 2)),
        (text("binary_format_minor_version"), number(5, 0)),
        (text("build_epoch"), vec![4, 2, 0, 0, 0, 1]),
        (text("description"), map(&[])),
    ];
    file.extend(map(&metadata));
    file
}

fn text(text: &str) -> Vec<u8> {
    assert!(text.len() < 29, "longer ones are written otherwise");
    [&[2 << 5 | text.len() as u8], text.as_bytes()].concat()
}

fn number(kind: u8, value: u32) -> Vec<u8> {
    let bytes = if kind == 5 {
        &value.to_be_bytes()[2..]
    } else {
        &value.to_be_bytes()[..]
    };
    [&[kind << 5 | bytes.len() as u8], bytes].concat()
}

fn map(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![7 << 5 | entries.len() as u8];
    for (key, value) in entries {
        bytes.extend([&key[..], &value[..]].concat());
    }
    bytes
}

/// As in MaxMind's own files.
pub(crate) fn nested(code: &str) -> Vec<u8> {
    map(&[(text("country"), map(&[(text("iso_code"), text(code))]))])
}

/// As in others.
pub(crate) fn flat(code: &str) -> Vec<u8> {
    map(&[(text("country_code"), text(code))])
}
