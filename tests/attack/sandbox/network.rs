//! Sockets in both directions, and no network.

use std::net::TcpListener;

use lightsout::perimeter::sandbox::{Error, Sandbox};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::support::*;

const CONNECT: &str = "import socket, sys\n\
    for port in sys.argv[1:]:\n\
    \x20   s = socket.create_connection(('127.0.0.1', int(port)), 5)\n\
    \x20   s.sendall(b'ping\\n'); print(s.makefile().readline().strip())";

/// What serves the monitor and the engine: outside, on sockets of the inside.
#[tokio::test]
async fn listeners_are_served_from_outside() {
    let mut two = walls(vec![]);
    two.listeners = 2;
    let mut sandbox = Sandbox::prepare(two).await.expect("the walls stand");
    let listeners = sandbox.take_listeners();
    assert_eq!(listeners.len(), 2);
    assert!(sandbox.take_listeners().is_empty());
    let mut argv = vec![
        "/usr/bin/python3".to_owned(),
        "-c".to_owned(),
        CONNECT.to_owned(),
    ];
    for (number, listener) in listeners.into_iter().enumerate() {
        let address = listener.local_addr().expect("an address");
        assert!(address.ip().is_loopback());
        argv.push(address.port().to_string());
        let listener = tokio::net::TcpListener::from_std(listener).expect("non-blocking");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("accepted");
            let mut ping = [0; 5];
            stream.read_exact(&mut ping).await.expect("read");
            let pong = format!("pong {number}\n");
            stream.write_all(pong.as_bytes()).await.expect("written");
        });
    }
    let finished = sandbox.run(command(argv)).await.expect("runs");
    assert_eq!(text(&finished), "pong 0\npong 1");
}

const SERVE: &str = "import socket\n\
    s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)\n\
    while True:\n\
    \x20   c, _ = s.accept(); c.sendall(c.recv(100).upper()); c.close()";

#[tokio::test]
async fn the_dialer_reaches_a_server_inside() {
    let sandbox = sandbox(vec![]).await;
    let mut server = sandbox
        .start(command(["/usr/bin/python3", "-c", SERVE]))
        .await
        .expect("starts");
    let line = server.next_line().await.expect("its port");
    let port: u16 = String::from_utf8_lossy(&line).parse().expect("a port");
    let dialer = sandbox.dialer();
    for _ in 0..3 {
        let mut stream = dialer.clone().dial(port).await.expect("connected");
        stream.write_all(b"hello").await.expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("read");
        assert_eq!(answer, "HELLO");
    }
    // Others run beside it.
    assert_eq!(sh(&sandbox, "echo beside").await, "beside");
    drop(server);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = closed.local_addr().expect("an address").port();
    assert!(matches!(dialer.dial(port).await, Err(Error::Dial { .. })));
    sandbox.end().await.expect("ended");
    assert!(matches!(dialer.dial(port).await, Err(Error::Gone)));
}

/// The host's loopback is another one, and there is no way to anything else.
#[tokio::test]
async fn nothing_outside_can_be_reached() {
    let host = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = host.local_addr().expect("an address").port();
    let abstract_name = format!("lightsout-test-{port}");
    let address = {
        use std::os::linux::net::SocketAddrExt as _;
        std::os::unix::net::SocketAddr::from_abstract_name(&abstract_name).expect("a name")
    };
    let _abstract = std::os::unix::net::UnixListener::bind_addr(&address).expect("bound");
    std::net::TcpStream::connect(("127.0.0.1", port)).expect("the host itself reaches it");
    let script = format!(
        "import socket\n\
         def attempt(name, call):\n\
         \x20   try: call(); print(name, 'REACHED')\n\
         \x20   except OSError as e: print(name, e.errno)\n\
         tcp = lambda address: lambda: socket.create_connection(address, 2)\n\
         attempt('host', tcp(('127.0.0.1', {port})))\n\
         attempt('host6', tcp(('::1', {port})))\n\
         attempt('metadata', tcp(('169.254.169.254', 80)))\n\
         attempt('world', tcp(('1.1.1.1', 443)))\n\
         attempt('udp', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53)))\n\
         attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))\n\
         attempt('abstract', lambda: socket.socket(socket.AF_UNIX).connect('\\0{abstract_name}'))\n"
    );
    let sandbox = sandbox(vec![]).await;
    let finished = sandbox
        .run(command([
            "/usr/bin/python3".to_owned(),
            "-c".to_owned(),
            script,
        ]))
        .await
        .expect("runs");
    // 111 refused: the loopback is empty. 101: no route. 1: not permitted.
    assert_eq!(
        text(&finished),
        "host 111\nhost6 111\nmetadata 101\nworld 101\nudp 101\nraw 1\nabstract 111"
    );
    let names = "import socket\ntry: socket.getaddrinfo('example.com', 80)\nexcept OSError: print('no names')\nprint(socket.gethostbyname('localhost'))";
    let finished = sandbox
        .run(command(["/usr/bin/python3", "-c", names]))
        .await
        .expect("runs");
    assert_eq!(text(&finished), "no names\n127.0.0.1");
}

/// A payload that never accepts must not hold the first process, which all commands need.
#[tokio::test]
async fn a_server_that_never_accepts_blocks_nobody() {
    let sandbox = sandbox(vec![]).await;
    let silent = "import socket, time\ns = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(0)\nprint(s.getsockname()[1], flush=True); time.sleep(1000)";
    let mut server = sandbox
        .start(command(["/usr/bin/python3", "-c", silent]))
        .await
        .expect("starts");
    let line = server.next_line().await.expect("its port");
    let port: u16 = String::from_utf8_lossy(&line).parse().expect("a port");
    let dialer = sandbox.dialer();
    let mut dials: Vec<_> = (0..4)
        .map(|_| {
            let dialer = dialer.clone();
            tokio::spawn(async move { dialer.dial(port).await })
        })
        .collect();
    assert_eq!(sh(&sandbox, "echo beside").await, "beside");
    for dial in dials.drain(..) {
        dial.abort();
    }
    assert_eq!(sh(&sandbox, "echo beside").await, "beside");
}
