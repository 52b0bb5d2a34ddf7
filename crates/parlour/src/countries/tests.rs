//! With a file that is written here, in MaxMind's format, from addresses for documentation (RFC 5737).

use std::net::Ipv4Addr;

use super::*;

#[path = "../../tests/common_mmdb/mod.rs"]
mod mmdb;

use mmdb::{database, flat, nested};

fn countries() -> Countries {
    let path = std::env::temp_dir().join(format!(
        "parlour-countries-{:?}.mmdb",
        std::thread::current().id()
    ));
    let file = database(&[
        (Ipv4Addr::new(192, 0, 2, 0), 24, &nested("DE")),
        (Ipv4Addr::new(198, 51, 100, 0), 24, &flat("FR")),
        (Ipv4Addr::new(203, 0, 113, 0), 25, &nested("zz\"")),
    ]);
    std::fs::write(&path, file).unwrap();
    let countries = Countries::open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    countries
}

#[test]
fn countries_are_counted_when_they_are_no_longer_few() {
    let countries = countries();
    let come = |times: u64, ip: [u8; 4]| (0..times).for_each(|_| countries.count(IpAddr::from(ip)));
    let counts = || countries.counts();
    let shows = |pairs: &[(&str, u64)]| {
        let pairs = pairs.iter().map(|(code, count)| ((*code).to_owned(), *count));
        pairs.collect::<Vec<_>>()
    };
    assert_eq!(counts(), shows(&[("other", 0)]));
    come(FEW, [192, 0, 2, 7]);
    come(3, [198, 51, 100, 7]);
    assert_eq!(counts(), shows(&[("other", FEW + 3)]), "a few tell who they are");
    come(5, [192, 0, 2, 200]);
    assert_eq!(counts(), shows(&[("DE", 5), ("other", FEW + 3)]));
    come(1, [203, 0, 113, 1]);
    come(1, [203, 0, 113, 200]);
    come(1, [127, 0, 0, 1]);
    countries.count("2001:db8::1".parse().unwrap());
    assert_eq!(
        counts(),
        shows(&[("DE", 5), ("other", FEW + 7)]),
        "neither nonsense nor what the file does not know is a country"
    );
    countries.count("::ffff:192.0.2.1".parse().unwrap());
    assert_eq!(counts()[0], ("DE".to_owned(), 6));
}

#[test]
fn a_file_that_is_none_is_told_so() {
    let path = std::env::temp_dir().join(format!("parlour-no-countries-{}.mmdb", std::process::id()));
    std::fs::write(&path, "no database").unwrap();
    let said = Countries::open(&path).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert!(said.contains("MaxMind's format"), "{said}");
    assert!(Countries::open(&path).unwrap_err().contains("cannot read"));
}
