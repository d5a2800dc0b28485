//! The compiled-in lock, installed for real and started.

use std::path::Path;
use std::time::Duration;

use lightsout::perimeter::tools::{Invocation, Output, Tool, run};

use crate::support;

async fn said(tool: &Tool, args: &[&str]) -> Output {
    run(Invocation {
        program: tool.into(),
        args: args.iter().map(Into::into).collect(),
        env: vec![
            ("HOME".into(), env!("CARGO_TARGET_TMPDIR").into()),
            ("PULUMI_SKIP_UPDATE_CHECK".into(), "true".into()),
        ],
        cwd: Path::new("/").to_path_buf(),
        stdin: vec![],
        deadline: Duration::from_secs(60),
        output_bytes_max: 100_000,
    })
    .await
    .expect("it starts")
}

#[tokio::test]
async fn the_tools_of_the_lock_are_what_they_say() {
    let tools = support::tools().await;
    let pulumi = tools.locate("pulumi").await.unwrap();
    let output = said(&pulumi, &["version"]).await.success().unwrap();
    let version = format!("v{}\n", pulumi.version());
    assert_eq!(String::from_utf8_lossy(&output.stdout), version);
    let opa = tools.locate("opa").await.unwrap();
    let output = said(&opa, &["version"]).await.success().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.starts_with(&format!("Version: {}\n", opa.version())),
        "{text}"
    );
    // It is here to compile policies.
    let folder = tempfile::tempdir().unwrap();
    let (policy, bundle) = (folder.path().join("p.rego"), folder.path().join("b.tar.gz"));
    std::fs::write(&policy, "package p\n\ndeny if input.x\n").unwrap();
    let args = ["build", "-t", "wasm", "-e", "p/deny", "-o"];
    let paths = [bundle.to_str().unwrap(), policy.to_str().unwrap()];
    said(&opa, &[&args[..], &paths[..]].concat())
        .await
        .success()
        .unwrap();
    assert!(std::fs::metadata(&bundle).unwrap().len() > 1000);
    for line in tools.verify().await {
        let tool = line.installed.unwrap().expect("it is installed");
        assert_eq!((tool.name(), tool.version()), (&*line.name, &*line.version));
    }
}
