use super::super::tests::{call, check};

#[test]
fn networks_are_told_from_other_texts() {
    for network in [
        "10.0.0.0/8",
        "10.0.0.1/008",
        "::/0",
        "::ffff:1.2.3.4/128",
        "1:2:3:4:5:6:7::/64",
    ] {
        check("net.cidr_is_valid", &format!(r#"["{network}"]"#), "true");
    }
    for network in [
        r#""10.0.0.0""#,
        r#""10.0.0.0/33""#,
        r#""10.0.0.0/+8""#,
        r#""10.0.0.0/""#,
        r#""10.0.0.0/8/8""#,
        r#""10.0.0.00/8""#,
        r#""10.0.0/8""#,
        r#""fe80::1%eth0/64""#,
        r#""::/129""#,
        r#""10.0.0.0/99999999999999999999""#,
        r#"" 10.0.0.0/8""#,
        "1",
    ] {
        check("net.cidr_is_valid", &format!("[{network}]"), "false");
    }
}

#[test]
fn a_network_is_all_its_addresses() {
    for (network, expect) in [
        (
            "192.168.1.1/30",
            r#"{"192.168.1.0","192.168.1.1","192.168.1.2","192.168.1.3"}"#,
        ),
        (
            "255.255.255.255/31",
            r#"{"255.255.255.254","255.255.255.255"}"#,
        ),
        ("192.168.1.1/32", r#"{"192.168.1.1"}"#),
        ("2001:db8::f/127", r#"{"2001:db8::e","2001:db8::f"}"#),
        ("::ffff:1.2.3.4/127", r#"{"1.2.3.4","1.2.3.5"}"#),
        (
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
            r#"{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}"#,
        ),
    ] {
        check("net.cidr_expand", &format!(r#"["{network}"]"#), expect);
    }
    check("net.cidr_expand", r#"["192.168.1.1/33"]"#, "undefined");
    check("net.cidr_expand", "[1]", "undefined");
    let all = call("net.cidr_expand", r#"["10.1.0.0/16"]"#).unwrap();
    assert_eq!(all.matches(',').count(), 65_535);
}

#[test]
fn large_networks_are_not_expanded() {
    for network in ["0.0.0.0/0", "10.0.0.0/15", "::/0", "2001:db8::/64"] {
        check(
            "net.cidr_expand",
            &format!(r#"["{network}"]"#),
            "a network of more than 65536 addresses is not expanded",
        );
    }
}

#[test]
fn matches_are_pairs_of_places() {
    for (arguments, expect) in [
        (
            r#"["1.1.1.0/24","1.1.1.1"]"#,
            r#"{["1.1.1.0/24","1.1.1.1"]}"#,
        ),
        (
            r#"[["1.1.2.0/24","1.1.1.0/24"],["1.1.1.1","1.1.2.1"]]"#,
            "{[0,1],[1,0]}",
        ),
        (
            r#"[[["1.1.2.0/24",1],"1.1.1.0/24"],["1.1.1.1","1.1.2.1"]]"#,
            "{[0,1],[1,0]}",
        ),
        (
            r#"[{["1.1.1.0/24","bar"]},{["1.1.1.1","baz"],["1.1.2.1","qux"]}]"#,
            r#"{[["1.1.1.0/24","bar"],["1.1.1.1","baz"]]}"#,
        ),
        (
            r#"[{"k1":"1.1.1.1/24","k2":["1.1.1.2/24",1]},"1.1.1.128"]"#,
            r#"{["k1","1.1.1.128"],["k2","1.1.1.128"]}"#,
        ),
        (r#"[["10.0.0.0/8"],["10.1.0.0/16","0.0.0.0/0"]]"#, "{[0,0]}"),
        (r#"[["::/0"],["1.2.3.4","::1","::/64"]]"#, "{[0,1],[0,2]}"),
        (r#"[["::ffff:0:0/96"],["1.2.3.4","::1"]]"#, "{[0,0]}"),
        (r#"[[],[1]]"#, "set()"),
        (r#"[1,"1.1.1.1"]"#, "set()"),
    ] {
        check("net.cidr_contains_matches", arguments, expect);
    }
    for arguments in [
        r#"[["1.1.2.0/24"],["1.1.1.1",1]]"#,
        r#"[{["1.1.1.0/24"]},{[],["1.1.2.1"]}]"#,
        r#"[["1.1.2.0/24"],[[1]]]"#,
        r#"[["1.1.2.0/24"],["foo"]]"#,
        r#"[["1.1.2.0"],["1.1.2.0"]]"#,
        r#"["1.1.2.0/24"]"#,
    ] {
        check("net.cidr_contains_matches", arguments, "undefined");
    }
}

#[test]
fn millions_of_pairs_are_not_compared() {
    let many = format!("[{}\"1.1.1.1/32\"]", "\"1.1.1.1/32\",".repeat(1000));
    check(
        "net.cidr_contains_matches",
        &format!("[{many},{many}]"),
        "more than 100000 pairs of networks are not compared",
    );
    // What comes with an address comes again with each match.
    let heavy = format!(r#"{{["1.1.1.1","{}"]}}"#, "x".repeat(100_000));
    let many: Vec<String> = (0..100).map(|_| r#""1.1.1.0/24""#.to_owned()).collect();
    check(
        "net.cidr_contains_matches",
        &format!("[[{}],{heavy}]", many.join(",")),
        "a result of more than 4194304 bytes is not offered",
    );
}

#[test]
fn networks_side_by_side_are_one() {
    for (networks, expect) in [
        (r#"[]"#, "set()"),
        (r#"["192.0.128.0/24"]"#, r#"{"192.0.128.0/24"}"#),
        (
            r#"["192.0.128.0/24","192.0.128.0/24"]"#,
            r#"{"192.0.128.0/24"}"#,
        ),
        (r#"["192.0.128.0/24","0.0.0.0/0"]"#, r#"{"0.0.0.0/0"}"#),
        (
            r#"{"192.0.2.112/30","192.0.2.116/31","192.0.2.118/31"}"#,
            r#"{"192.0.2.112/29"}"#,
        ),
        (
            r#"["192.0.129.0/24","192.0.130.0/24"]"#,
            r#"{"192.0.129.0/24","192.0.130.0/24"}"#,
        ),
        (
            r#"["192.0.2.112/30","192.0.2.116/32","192.0.2.118/31"]"#,
            r#"{"192.0.2.112/30","192.0.2.116/32","192.0.2.118/31"}"#,
        ),
        (
            r#"["192.0.1.254/31","192.0.2.0/25","192.0.2.128/25","192.0.3.0/28"]"#,
            r#"{"192.0.1.254/31","192.0.2.0/24","192.0.3.0/28"}"#,
        ),
        (r#"["::/0","fe80::1/128"]"#, r#"{"::/0"}"#),
        (
            r#"["fe80::/120","192.0.2.0/24","192.0.3.0/24"]"#,
            r#"{"192.0.2.0/23","fe80::/120"}"#,
        ),
        (
            r#"["192.0.2.112","192.0.2.116/31","192.0.2.118/31"]"#,
            r#"{"192.0.2.0/24"}"#,
        ),
        // OPA gives an address the length of its class and does not take away what is behind it.
        (r#"["192.0.2.112"]"#, r#"{"192.0.2.112/24"}"#),
        (
            r#"["10.1.2.3","130.1.2.3"]"#,
            r#"{"10.1.2.3/8","130.1.2.3/16"}"#,
        ),
        (r#"["::/80","1.2.3.0/24"]"#, r#"{"::/80"}"#),
        (
            r#"["2001:db8::/127","2001:db8::2/128","2001:db8::1/128"]"#,
            r#"{"2001:db8::/127","2001:db8::2/128"}"#,
        ),
    ] {
        check("net.cidr_merge", &format!("[{networks}]"), expect);
    }
    for networks in [r#"["foo"]"#, r#"["2601:600::1"]"#, "[1]", r#""10.0.0.0/8""#] {
        check("net.cidr_merge", &format!("[{networks}]"), "undefined");
    }
}

#[test]
fn what_opa_stumbles_over_is_not_merged() {
    let expect = "networks of IPv6 that lie on those of IPv4 or continue them are not merged";
    for networks in [
        r#"["::ffff:1.2.3.0/120"]"#,
        r#"["255.255.255.0/24","::1:0:0:0/80"]"#,
    ] {
        check("net.cidr_merge", &format!("[{networks}]"), expect);
    }
}
