//! Every refusal beside the request that passes, over real sockets of this machine.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener as Listener, TcpStream};

use super::address::{Host, name};
use super::head::{Refused, Request, parse};
use super::*;

/// A `ClientHello` with these extensions, in records of so many bytes.
fn hello_of(extensions: &[(u16, Vec<u8>)], record: usize) -> Vec<u8> {
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
    let mut list = Vec::new();
    for (kind, body) in extensions {
        list.extend(kind.to_be_bytes());
        list.extend(length(body));
        list.extend(body);
    }
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    // No session, one cipher, no compression.
    body.extend([0, 0, 2, 0x13, 1, 1, 0]);
    body.extend(length(&list));
    body.extend(list);
    let mut message = vec![1, 0];
    message.extend(length(&body));
    message.extend(body);
    let records = message.chunks(record).flat_map(|part| {
        let mut bytes = vec![22, 3, 1];
        bytes.extend(length(part));
        bytes.extend(part);
        bytes
    });
    records.collect()
}

fn name_of(host: &str) -> (u16, Vec<u8>) {
    let count = u16::try_from(host.len()).unwrap();
    let mut body = (count + 3).to_be_bytes().to_vec();
    body.push(0);
    body.extend(count.to_be_bytes());
    body.extend(host.as_bytes());
    (0, body)
}

fn hello(host: Option<&str>) -> Vec<u8> {
    let extensions: Vec<_> = host
        .map(name_of)
        .into_iter()
        .chain([(43, vec![2, 3, 4])])
        .collect();
    hello_of(&extensions, 16_000)
}

/// Answers each connection with what it got first.
async fn echo() -> SocketAddr {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                drop(tokio::io::copy(&mut from, &mut to).await);
            });
        }
    });
    address
}

fn limits() -> Limits {
    Limits {
        connections: 100,
        at_once: 8,
        bytes_up: 1 << 20,
        bytes_down: 1 << 20,
        time: Duration::from_secs(60),
    }
}

struct Proxy {
    egress: Egress,
    address: SocketAddr,
}

impl Proxy {
    fn start(listed: &[&str], upstream: Option<Upstream>, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let rules = Rules {
            destinations: listed
                .iter()
                .map(|url| Destination::of_url(url).unwrap())
                .collect(),
            reach: Reach::Global,
            upstream,
            limits,
        };
        Self {
            egress: Egress::serve(listener, rules).unwrap(),
            address,
        }
    }

    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    /// The first line that is answered; nothing when the connection is cut.
    async fn answer(&self, bytes: &[u8]) -> String {
        let mut stream = self.send(bytes).await;
        line(&mut stream).await
    }

    /// What a tunnel to this host carries back of these bytes.
    async fn through(&self, host: &str, bytes: &[u8]) -> (String, Vec<u8>) {
        let head = format!("CONNECT {host} HTTP/1.1\r\n\r\n");
        let mut stream = self.send(head.as_bytes()).await;
        let answer = line(&mut stream).await;
        if !answer.contains("200") {
            return (answer, Vec::new());
        }
        // The rest of the head.
        assert_eq!(stream.read_u16().await.unwrap(), 0x0d0a);
        drop(stream.write_all(bytes).await);
        drop(stream.shutdown().await);
        let mut back = Vec::new();
        // Cut or closed: what has come is what counts.
        drop(stream.read_to_end(&mut back).await);
        (answer, back)
    }

    fn verdicts(&self) -> Vec<(String, Verdict)> {
        let lines = self.egress.record().into_iter();
        lines.map(|line| (line.destination, line.verdict)).collect()
    }
}

async fn line(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        bytes.push(byte);
        if byte == b'\n' {
            break;
        }
    }
    String::from_utf8(bytes).unwrap().trim_end().to_owned()
}

const OK: &str = "HTTP/1.1 200 Connection established";
const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden";

#[tokio::test]
async fn what_is_listed_is_reached_and_nothing_else() {
    let server = echo().await;
    let proxy = Proxy::start(&[&format!("https://{server}")], None, limits());
    let sent = hello(None);
    assert_eq!(
        proxy.through(&server.to_string(), &sent).await,
        (OK.to_owned(), sent.clone())
    );
    let other = echo().await;
    let (answer, _) = proxy.through(&other.to_string(), &sent).await;
    assert_eq!(answer, FORBIDDEN);
    let refused = proxy.egress.refused().await;
    assert_eq!(refused.destination, other.to_string());
    assert_eq!(refused.verdict, Verdict::Refused(Refusal::NotListed));
    let first = &proxy.egress.record()[0];
    let count = u64::try_from(sent.len()).unwrap();
    assert_eq!((first.bytes_up, first.bytes_down), (count, count));
    // An empty list leads nowhere; what is added to it does.
    let empty = Proxy::start(&[], None, limits());
    let to = server.to_string();
    assert_eq!(empty.through(&to, &sent).await.0, FORBIDDEN);
    empty
        .egress
        .allow([Destination::of_url(&format!("https://{to}")).unwrap()]);
    assert_eq!(empty.through(&to, &sent).await.0, OK);
}

#[tokio::test]
async fn a_listed_name_with_an_address_of_this_machine_is_refused() {
    let server = echo().await;
    let listed = format!("https://localhost:{}", server.port());
    let proxy = Proxy::start(&[&listed], None, limits());
    let host = format!("localhost:{}", server.port());
    let (answer, back) = proxy.through(&host, &hello(Some("localhost"))).await;
    assert_eq!((answer.as_str(), back.len()), (FORBIDDEN, 0));
    assert_eq!(
        proxy.verdicts(),
        [(host, Verdict::Refused(Refusal::Address))]
    );
}

/// A proxy of the user's: it knows where names lead, answers the head and then echoes.
async fn upstream(want: &'static str) -> SocketAddr {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let good = String::from_utf8(head).unwrap().contains(want);
            let status = if good { "200 OK" } else { "407 Who" };
            let answer = format!("HTTP/1.1 {status}\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            let (mut from, mut to) = stream.split();
            drop(tokio::io::copy(&mut from, &mut to).await);
        }
    });
    address
}

#[tokio::test]
async fn the_users_proxy_is_gone_through_and_names_must_still_match() {
    // `user:p@ss` in base 64.
    let address = upstream("CONNECT registry.example:443 HTTP/1.1\r\nHost: registry.example:443\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n").await;
    let url = format!("http://user:p%40ss@{address}");
    let upstream = Upstream::of_url(&url, "other.example").unwrap();
    assert!(!format!("{upstream:?}").contains("dXNl"));
    let proxy = Proxy::start(
        &["https://registry.example", "https://registry.example:444"],
        Some(upstream),
        limits(),
    );
    let good = hello(Some("Registry.Example"));
    let through = |host: &'static str, bytes: Vec<u8>| {
        let proxy = &proxy;
        async move { proxy.through(host, &bytes).await }
    };
    assert_eq!(
        through("registry.example:443", good.clone()).await,
        (OK.to_owned(), good.clone())
    );
    // In several records, and with a trailing dot and capitals in the head.
    let parts = hello_of(&[name_of("registry.example")], 7);
    assert_eq!(
        through("REGISTRY.example.:443", parts.clone()).await.1,
        parts
    );
    let two = hello_of(
        &[name_of("registry.example"), name_of("registry.example")],
        99,
    );
    let hidden = hello_of(&[name_of("registry.example"), (0xfe0d, vec![0])], 99);
    let twice = {
        let (kind, one) = name_of("registry.example");
        let mut body = u16::try_from((one.len() - 2) * 2)
            .unwrap()
            .to_be_bytes()
            .to_vec();
        body.extend([&one[2..], &one[2..]].concat());
        hello_of(&[(kind, body)], 99)
    };
    for (bytes, why) in [
        (hello(Some("evil.example")), Refusal::ServerName),
        (
            hello(Some("registry.example.evil.example")),
            Refusal::ServerName,
        ),
        (hello(None), Refusal::ServerName),
        (two, Refusal::ServerName),
        (twice, Refusal::ServerName),
        (hidden, Refusal::HiddenName),
        (
            b"GET / HTTP/1.1\r\nHost: registry.example\r\n\r\n".to_vec(),
            Refusal::NotTls,
        ),
        (b"SSH-2.0-x\r\n".to_vec(), Refusal::NotTls),
        (good[..good.len() - 1].to_vec(), Refusal::NotTls),
        (Vec::new(), Refusal::NotTls),
    ] {
        let (answer, back) = through("registry.example:443", bytes).await;
        assert_eq!((answer.as_str(), back.len()), (OK, 0), "{why:?}");
        let refused = ("registry.example:443".to_owned(), Verdict::Refused(why));
        assert!(proxy.verdicts().contains(&refused), "{why:?}");
    }
    // The user's proxy says no.
    assert_eq!(through("registry.example:444", good).await.0, FORBIDDEN);
}

#[tokio::test]
async fn plain_text_is_for_listed_registries_of_this_machine() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let got = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\n\r\nbody")
            .await
            .unwrap();
        String::from_utf8(head).unwrap()
    });
    let proxy = Proxy::start(&[&format!("http://{server}/npm/")], None, limits());
    let asked = format!(
        "GET http://{server}/npm/a?b HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer x\r\nProxy-Authorization: y\r\nConnection: keep-alive\r\n\r\n"
    );
    assert_eq!(proxy.answer(asked.as_bytes()).await, "HTTP/1.1 200 OK");
    assert_eq!(
        got.await.unwrap(),
        format!(
            "GET /npm/a?b HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\nauthorization: Bearer x\r\n\r\n"
        )
    );
    for head in [
        format!("POST http://{server}/npm/a HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"),
        format!("GET http://{server}/ HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"),
        format!("GET http://{server}/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        "GET http://127.0.0.1:1/ HTTP/1.1\r\n\r\n".to_owned(),
        "GET http://registry.example/ HTTP/1.1\r\n\r\n".to_owned(),
        "GET /npm/a HTTP/1.1\r\n\r\n".to_owned(),
        format!("CONNECT {server} HTTP/1.1\r\n\r\n"),
    ] {
        assert_eq!(proxy.answer(head.as_bytes()).await, FORBIDDEN, "{head}");
    }
}

#[tokio::test]
async fn limits_end_what_is_under_way() {
    let server = echo().await;
    let listed = format!("https://{server}");
    let to = server.to_string();
    let sent = [hello(None), vec![7; 4000]].concat();
    for limits in [
        Limits {
            bytes_up: 3000,
            ..limits()
        },
        Limits {
            bytes_down: 3000,
            ..limits()
        },
    ] {
        let proxy = Proxy::start(&[&listed], None, limits);
        let (_, back) = proxy.through(&to, &sent).await;
        assert!(back.len() <= 3000, "{}", back.len());
        let refused = (to.clone(), Verdict::Refused(Refusal::Bytes));
        assert!(proxy.verdicts().contains(&refused));
        assert!(
            proxy
                .egress
                .record()
                .iter()
                .all(|line| line.bytes_up <= 4096 && line.bytes_down <= 4096)
        );
    }
    let enough = Proxy::start(
        &[&listed],
        None,
        Limits {
            bytes_up: 5000,
            bytes_down: 5000,
            ..limits()
        },
    );
    assert_eq!(enough.through(&to, &sent).await.1, sent);
    let one = Proxy::start(
        &[&listed],
        None,
        Limits {
            connections: 1,
            ..limits()
        },
    );
    assert_eq!(one.through(&to, &sent).await.1, sent);
    drop(TcpStream::connect(one.address).await);
    assert_eq!(
        one.egress.refused().await.verdict,
        Verdict::Refused(Refusal::Connections)
    );
    let short = Proxy::start(
        &[&listed],
        None,
        Limits {
            time: Duration::from_millis(50),
            ..limits()
        },
    );
    // Its time ends what is open, without another word.
    let mut open = short
        .send(format!("CONNECT {to} HTTP/1.1\r\n\r\n").as_bytes())
        .await;
    let mut all = Vec::new();
    drop(open.read_to_end(&mut all).await);
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut() {
    let proxy = Proxy::start(&[], None, limits());
    let long = format!(
        "CONNECT a.example:443 HTTP/1.1\r\nX: {}",
        "x".repeat(head::HEAD_BYTES_MAX)
    );
    drop(proxy.answer(long.as_bytes()).await);
    assert_eq!(
        proxy.egress.refused().await.verdict,
        Verdict::Refused(Refusal::HeadTooLong)
    );
    let fits = format!(
        "CONNECT a.example:443 HTTP/1.1\r\nX: {}\r\n\r\n",
        "x".repeat(10_000)
    );
    assert_eq!(proxy.answer(fits.as_bytes()).await, FORBIDDEN);
    assert!(proxy.verdicts().contains(&(
        "a.example:443".to_owned(),
        Verdict::Refused(Refusal::NotListed)
    )));
}

#[test]
fn a_head_is_taken_literally_or_not_at_all() {
    let why = |head: &str| match parse(head.as_bytes()) {
        Ok(request) => panic!("{head}: {request:?}"),
        Err(Refused(_, why)) => why,
    };
    for good in [
        "CONNECT a.example:443 HTTP/1.1",
        "CONNECT a.example:443 HTTP/1.0\r\nHost: b\r\nUser-Agent: x",
    ] {
        assert!(
            matches!(parse(good.as_bytes()), Ok(Request::Connect(_))),
            "{good}"
        );
    }
    for bad in [
        "CONNECT a.example:443 HTTP/1.1\nX: y",
        "CONNECT a.example:443 HTTP/1.1\r\nX: y\rZ: 1",
        "CONNECT a.example:443\r HTTP/1.1",
        "CONNECT a.example:443\0 HTTP/1.1",
        "CONNECT  a.example:443 HTTP/1.1",
        "CONNECT a.example:443 HTTP/2",
        "CONNECT a.example:443",
        "CONNECT \u{e4}.example:443 HTTP/1.1",
        "",
    ] {
        assert_eq!(why(bad), Refusal::Head, "{bad:?}");
    }
    for host in [
        "a.example",
        "a.example:",
        "a.example:0",
        "a.example:+443",
        "a.example:65536",
        ":443",
        "u@a.example:443",
        "a_b.example:443",
        "a..example:443",
        "-a.example:443",
        "a.example%00:443",
        "1.1.1.1:443",
        "127.1:443",
        "0x7f000001:443",
        "2130706433:443",
        "0177.0.0.1:443",
        "a.0x7f:443",
        "[::1%lo]:443",
        "[::ffff:127.0.0.1]:443",
        "[2001:db8::1]:443",
        "::1:443",
        "[0:0:0:0:0:0:0:1]:443",
    ] {
        assert_eq!(
            why(&format!("CONNECT {host} HTTP/1.1")),
            Refusal::Host,
            "{host}"
        );
    }
    for method in ["POST", "PUT", "OPTIONS", "connect", "TRACE"] {
        assert_eq!(
            why(&format!("{method} a.example:443 HTTP/1.1")),
            Refusal::Method
        );
    }
}

#[test]
fn addresses_are_listed_in_one_spelling() {
    let text = |url: &str| Destination::of_url(url).map(|found| found.to_string());
    assert_eq!(
        text("https://U:p@Registry.Example/simple?x#y"),
        Ok("registry.example:443".to_owned())
    );
    assert_eq!(
        text("HTTPS://registry.example.:8443"),
        Ok("registry.example:8443".to_owned())
    );
    assert_eq!(
        text("http://127.0.0.1:4873/"),
        Ok("127.0.0.1:4873".to_owned())
    );
    assert_eq!(text("https://[::1]:4873/"), Ok("[::1]:4873".to_owned()));
    for (bad, why) in [
        ("http://registry.example/", NotADestination::Clear),
        ("ftp://registry.example/", NotADestination::Clear),
        ("registry.example", NotADestination::Clear),
        ("https://", NotADestination::Host),
        ("https://10.0.0.1/", NotADestination::Host),
        ("https://a.example\\@b.example/", NotADestination::Host),
        ("https://a.example:x/", NotADestination::Port),
    ] {
        assert_eq!(text(bad), Err(why), "{bad}");
    }
    assert_eq!(name(&format!("{}.example", "a".repeat(64))), None);
    assert_eq!(name(&format!("{}example", "a.".repeat(124))), None);
    let host = Destination::of_url("https://127.0.0.1:1").unwrap().host;
    assert!(matches!(host, Host::Loopback(_)));
}

#[test]
fn only_addresses_of_others_are_dialled() {
    let allows = |reach: Reach, address: &str| reach.allows(address.parse().unwrap());
    for address in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1"] {
        assert!(
            allows(Reach::Global, address) && allows(Reach::Private, address),
            "{address}"
        );
    }
    for address in [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "203.0.113.80",
        "198.18.0.1",
        "fc00::1",
        "fd12::1",
    ] {
        assert!(!allows(Reach::Global, address), "{address}");
        assert!(allows(Reach::Private, address), "{address}");
    }
    for address in [
        "0.0.0.0",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.0.8",
        "::",
        "::1",
        "::ffff:1.1.1.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001::1",
        "fe80::1",
        "ff02::1",
        "fd00:ec2::254",
    ] {
        assert!(
            !allows(Reach::Global, address) && !allows(Reach::Private, address),
            "{address}"
        );
    }
}

#[test]
fn no_proxy_is_read_as_names_and_subdomains() {
    let bypass = |list: &str| {
        format!(
            "{:?}",
            Upstream::of_url("proxy.example:3128", list).unwrap()
        )
    };
    assert!(bypass(" .A.example, b ").contains(r#"bypass: ["a.example", "b"]"#));
    for url in [
        "https://proxy.example",
        "socks5://proxy.example",
        "http://",
        "http://u%4@x",
    ] {
        assert_eq!(Upstream::of_url(url, ""), None, "{url}");
    }
}
