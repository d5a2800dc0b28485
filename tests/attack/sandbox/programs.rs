//! Programs that real runs need.

use std::path::PathBuf;

use lightsout::perimeter::sandbox::Mount;

use super::support::*;

#[tokio::test]
async fn node_runs_and_starts_workers() {
    let sandbox = sandbox(vec![]).await;
    let script = "const {Worker, isMainThread} = require('worker_threads');\
                  const {execFileSync} = require('child_process');\
                  require('fs').writeFileSync('/tmp/x', 'written');\
                  console.log(execFileSync('/bin/cat', ['/tmp/x']).toString(), require('os').availableParallelism() > 0);\
                  new Worker('require(\"worker_threads\").parentPort.postMessage(6*7)', {eval: true}).on('message', m => console.log(m));";
    let finished = sandbox
        .run(command(["/usr/bin/node", "-e", script]))
        .await
        .expect("runs");
    assert_eq!(text(&finished), "written true\n42");
}

#[tokio::test]
async fn python_runs_threads_and_processes() {
    let sandbox = sandbox(vec![]).await;
    let script = "import threading, subprocess, ssl, os\n\
                  t = threading.Thread(target=lambda: print('thread')); t.start(); t.join()\n\
                  print(subprocess.check_output(['/bin/echo', 'process']).decode().strip())\n\
                  print(len(ssl.create_default_context().get_ca_certs()) > 10 or not os.listdir('/etc/ssl/certs'))\n\
                  from multiprocessing import Pool\n\
                  print(Pool(2).map(abs, [-1, -2]))";
    let finished = sandbox
        .run(command(["/usr/bin/python3", "-c", script]))
        .await
        .expect("runs");
    assert_eq!(text(&finished), "thread\nprocess\nTrue\n[1, 2]");
}

/// Go's runtime asks the kernel for other things than libc does. Any Go program serves; the compiler is one.
#[tokio::test]
async fn a_go_program_runs() {
    let go = std::path::Path::new("/usr/local/go/bin/go");
    if !go.exists() {
        return;
    }
    let sandbox = sandbox(vec![]).await;
    let mut version = command(["/usr/local/go/bin/go", "version"]);
    version.env.push(("HOME".into(), "/home/user".into()));
    version.env.push(("GOTOOLCHAIN".into(), "local".into()));
    let finished = sandbox.run(version).await.expect("runs");
    assert!(text(&finished).starts_with("go version go"));
}

/// The real engine, from the same home folder as in a real run.
#[tokio::test]
async fn pulumi_runs() {
    let mount = Mount::ReadOnly {
        source: pulumi().await,
        target: "/opt/pulumi/pulumi".into(),
    };
    let sandbox = sandbox(vec![mount]).await;
    let mut version = command(["/opt/pulumi/pulumi", "version"]);
    version.env.push(("HOME".into(), "/home/user".into()));
    version
        .env
        .push(("PULUMI_SKIP_UPDATE_CHECK".into(), "true".into()));
    let finished = sandbox.run(version).await.expect("runs");
    assert!(text(&finished).starts_with("v3."), "{finished:?}");
}

/// Where the engine is. Without root it is a copy, since the home folder belongs to root.
pub(crate) async fn pulumi() -> PathBuf {
    if let Some(copy) = std::env::var_os("LIGHTSOUT_TEST_PULUMI") {
        return copy.into();
    }
    let tools = crate::support::tools().await;
    let tool = tools.locate("pulumi").await.expect("it is installed");
    std::fs::canonicalize(tool.path()).expect("it is there")
}
