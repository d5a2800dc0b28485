//! Files that a program names: whatever could leave its tree is denied, plain files of it pass.

use std::os::unix::fs::symlink;
use std::path::Path;

use super::fake::{Program, allowed, with};
use crate::engine::monitor::{Rule, Tree};
use crate::engine::wire::pulumirpc::{RegisterResourceOutputsRequest, RegisterResourceRequest};
use crate::engine::wire::value::{self, ArchiveSource, Source, Value};

fn tree() -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    let root = tree.path();
    for folder in ["www/css", "linked", "piped"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    for file in [
        "index.html",
        "www/a.html",
        "www/css/b.css",
        "linked/c",
        "piped/d",
    ] {
        std::fs::write(root.join(file), "content").unwrap();
    }
    symlink("/etc/passwd", root.join("passwd")).unwrap();
    symlink("index.html", root.join("inner-link")).unwrap();
    symlink("/etc", root.join("linked/etc")).unwrap();
    symlink("www", root.join("www-link")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("piped/fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    tree
}

fn file(path: &str) -> Value {
    Value::Asset {
        source: Source::Path(path.to_owned()),
        hash: String::new(),
    }
}

fn archive(path: &str) -> Value {
    Value::Archive {
        source: ArchiveSource::Path(path.to_owned()),
        hash: String::new(),
    }
}

fn nested(value: Value) -> [Value; 5] {
    let map = |v: Value| Value::Map([("x".to_owned(), v)].into());
    [
        Value::Secret(Box::new(value.clone())),
        Value::List(vec![Value::Null, map(value.clone())]),
        Value::Output {
            value: Some(Box::new(value.clone())),
            secret: true,
            dependencies: vec![],
        },
        Value::Archive {
            source: ArchiveSource::Assets([("x".to_owned(), value.clone())].into()),
            hash: String::new(),
        },
        map(Value::Secret(Box::new(Value::List(vec![value])))),
    ]
}

async fn start(root: &Path) -> Program {
    with(allowed(), root).await
}

fn object(value: Value) -> RegisterResourceRequest {
    RegisterResourceRequest {
        r#type: "aws:s3/bucketObject:BucketObject".to_owned(),
        name: "page".to_owned(),
        custom: true,
        object: Some(value::to_struct(&[("source".to_owned(), value)].into())),
        ..RegisterResourceRequest::default()
    }
}

#[tokio::test]
async fn files_of_the_tree_pass_wherever_they_are_nested() {
    let tree = tree();
    let honest = [
        file("index.html"),
        file("./www/a.html"),
        file("/work/program/index.html"),
        archive("www"),
        archive("./index.html"),
        file("www/../index.html"),
    ];
    let values: Vec<Value> = honest
        .iter()
        .cloned()
        .chain(honest.iter().cloned().flat_map(nested))
        .collect();
    let mut program = start(tree.path()).await;
    for (n, value) in values.into_iter().enumerate() {
        let shown = format!("{value:?}");
        let request = RegisterResourceRequest {
            name: format!("page-{n}"),
            ..object(value)
        };
        program
            .monitor
            .register_resource(request)
            .await
            .unwrap_or_else(|e| panic!("{shown}: {e}"));
    }
    assert_eq!(program.observed().denials, []);
}

#[tokio::test]
async fn whatever_leaves_the_tree_is_denied_wherever_it_is_nested() {
    let tree = tree();
    let outside = format!("../{}", tree.path().file_name().unwrap().to_str().unwrap());
    let hostile = [
        file("../secret"),
        file(&format!("{outside}/index.html")),
        file("www/../../etc/passwd"),
        file("/etc/passwd"),
        file("/work/program/../../etc/passwd"),
        file("/work/programs/index.html"),
        file("passwd"),
        file("inner-link"),
        file("linked/etc/passwd"),
        file("www-link/a.html"),
        file("www"),
        file("no-such-file"),
        file("piped/fifo"),
        file("index.html\0"),
        file("/proc/self/environ"),
        archive("/etc"),
        archive("linked"),
        archive("piped"),
        archive("."),
        archive("/work/program"),
        archive("www-link"),
        Value::Asset {
            source: Source::Uri("http://169.254.169.254/".to_owned()),
            hash: String::new(),
        },
        Value::Asset {
            source: Source::Uri("file:///etc/passwd".to_owned()),
            hash: String::new(),
        },
        Value::Archive {
            source: ArchiveSource::Uri("https://example.invalid/a.zip".to_owned()),
            hash: String::new(),
        },
    ];
    let mut program = start(tree.path()).await;
    for value in hostile {
        for value in nested(value.clone()).into_iter().chain([value]) {
            let answer = program.monitor.register_resource(object(value)).await;
            program.denied(answer, Rule::Asset);
        }
    }
}

#[tokio::test]
async fn other_requests_that_carry_values_are_checked_too() {
    let tree = tree();
    let mut program = start(tree.path()).await;
    let outputs = Some(value::to_struct(
        &[("x".to_owned(), file("/etc/passwd"))].into(),
    ));
    let answer = program
        .monitor
        .register_resource_outputs(RegisterResourceOutputsRequest {
            outputs,
            ..Default::default()
        })
        .await;
    program.denied(answer, Rule::Asset);
    let trigger = RegisterResourceRequest {
        replacement_trigger: Some(value::to_wire(&file("/etc/passwd"))),
        ..object(Value::Null)
    };
    let answer = program.monitor.register_resource(trigger).await;
    program.denied(answer, Rule::Asset);
    let honest = RegisterResourceRequest {
        replacement_trigger: Some(value::to_wire(&file("index.html"))),
        ..object(Value::Null)
    };
    program.monitor.register_resource(honest).await.unwrap();
}

#[tokio::test]
async fn an_asset_that_hides_in_a_broken_signature_is_denied() {
    let tree = tree();
    let mut program = start(tree.path()).await;
    let hidden = Value::Map(
        [
            (
                value::SIGNATURE.to_owned(),
                Value::Secret(Box::new(Value::String(
                    "c44067f5952c0a294b673a41bacd8c17".to_owned(),
                ))),
            ),
            ("path".to_owned(), Value::String("/etc/passwd".to_owned())),
        ]
        .into(),
    );
    let answer = program.monitor.register_resource(object(hidden)).await;
    program.denied(answer, Rule::Malformed);
}

#[test]
fn a_program_in_a_folder_of_the_tree_names_files_from_there() {
    use crate::engine::monitor::assets::Named;
    let root = tree();
    let tree = Tree::open(root.path(), "/work/program", "www").unwrap();
    let check = |path: &str| tree.check(&Named::File(path.to_owned())).is_ok();
    assert!(check("a.html") && check("../index.html") && check("/work/program/index.html"));
    assert!(!check("index.html") && !check("../../x"));
    Tree::open(root.path(), "/work/program", "../x").unwrap_err();
    Tree::open(root.path(), "work", "").unwrap_err();
}
