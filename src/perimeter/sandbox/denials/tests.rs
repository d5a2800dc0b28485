use super::*;

fn places() -> Places {
    Places(vec![
        ("/tmp".into(), true),
        ("/work".into(), true),
        ("/work/packages".into(), false),
    ])
}

fn inet(ip: [u8; 4], port: u16) -> Vec<u8> {
    let family = 2_u16.to_ne_bytes();
    [&family[..], &port.to_be_bytes(), &ip, &[0; 8]].concat()
}

fn inet6(ip: &str, port: u16) -> Vec<u8> {
    let family = 10_u16.to_ne_bytes();
    let ip: Ipv6Addr = ip.parse().unwrap();
    [
        &family[..],
        &port.to_be_bytes(),
        &[0; 4],
        &ip.octets(),
        &[0; 4],
    ]
    .concat()
}

fn unix(path: &[u8]) -> Vec<u8> {
    [&1_u16.to_ne_bytes()[..], path].concat()
}

#[track_caller]
fn counted(address: &[u8], as_what: &str) {
    assert_eq!(target(address, &places()).as_deref(), Some(as_what));
}

#[track_caller]
fn passed(address: &[u8]) {
    assert_eq!(target(address, &places()), None);
}

#[test]
fn another_host_is_counted_and_the_loopback_is_not() {
    counted(&inet([203, 0, 113, 7], 443), "203.0.113.7:443");
    counted(&inet6("2001:db8::1", 443), "[2001:db8::1]:443");
    counted(&inet6("::ffff:203.0.113.7", 80), "[::ffff:203.0.113.7]:80");
    passed(&inet([127, 0, 0, 1], 443));
    passed(&inet([127, 9, 9, 9], 443));
    passed(&inet([0, 0, 0, 0], 443));
    passed(&inet6("::1", 443));
    passed(&inet6("::", 443));
    passed(&inet6("::ffff:127.0.0.1", 443));
}

#[test]
fn a_path_is_counted_unless_only_a_payload_can_have_made_it() {
    counted(&unix(b"/run/docker.sock\0junk"), "unix:/run/docker.sock");
    counted(&unix(b"/tmpfs/socket"), "unix:/tmpfs/socket");
    counted(
        &unix(b"/tmp/../run/docker.sock"),
        "unix:/tmp/../run/docker.sock",
    );
    counted(&unix(b"../run/docker.sock\0"), "unix:../run/docker.sock");
    counted(
        &unix(b"/work/packages/socket\0"),
        "unix:/work/packages/socket",
    );
    passed(&unix(b"/tmp/own.sock\0"));
    passed(&unix(b"/work/own.sock\0"));
    passed(&unix(b"own.sock\0"));
    passed(&unix(b"/var/run/nscd/socket\0"));
    passed(&unix(b"\0abstract"));
    passed(&unix(b""));
}

#[test]
fn what_is_no_address_is_nothing() {
    let whole = inet6("2001:db8::1", 443);
    for length in 0..24 {
        passed(whole.get(..length).unwrap());
    }
    counted(whole.get(..24).unwrap(), "[2001:db8::1]:443");
    passed(&[0; 128]);
    passed(&[0xff; 128]);
}

#[test]
fn a_path_cannot_write_into_a_report() {
    counted(
        &unix("/run/\x1b[31m\n\u{202e}x\0".as_bytes()),
        "unix:/run/?[31m????x",
    );
}

#[test]
fn the_list_is_bounded_and_the_count_is_not() {
    let mut tally = Tally::default();
    for number in 0..1000 {
        tally.add(format!("connect 203.0.113.7:{number}"));
        tally.add("mount".to_owned());
    }
    assert_eq!(tally.0.len(), DISTINCT_MAX + 1);
    assert_eq!(tally.0.get("mount"), Some(&1000));
    assert_eq!(tally.0.values().sum::<u64>(), 2000);
    assert_eq!(tally.0.get(OTHER), Some(&(1000 - 49)));
}
