//! Our protocol declarations against the descriptors inside the vendor's Python SDK.
//!
//! A wrong field number would make a proxy look at one field and forward another; a missing one would refuse honest programs.
//! The SDK is installed once beside the build's other products.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helper fails the test"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use prost::Message as _;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto,
};

const SDK: &str = "pulumi==3.259.0";

#[expect(
    clippy::disallowed_methods,
    reason = "a test starts the user's own Python, outside any run"
)]
fn python(args: &[&str], path: &Path) -> Output {
    let output = Command::new("python3")
        .args(args)
        .env("PYTHONPATH", path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// The folder with the installed SDK.
fn sdk() -> PathBuf {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let installed = parent.join(SDK.replace("==", "-"));
    if !installed.exists() {
        let partial = tempfile::tempdir_in(parent).unwrap();
        let target = partial.path().to_str().unwrap();
        python(
            &[
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--target",
                target,
                SDK,
            ],
            Path::new(""),
        );
        // Complete or absent, also when two runs install at once.
        if std::fs::rename(partial.path(), &installed).is_ok() {
            drop(partial.keep());
        }
    }
    installed
}

/// Everything that two descriptor sets must agree on, as lines by the full name of what declares it.
#[derive(Default)]
struct Declared(BTreeMap<String, Vec<String>>);

impl Declared {
    fn of(bytes: &[u8]) -> Self {
        let set = FileDescriptorSet::decode(bytes).unwrap();
        let mut declared = Self::default();
        for file in &set.file {
            let package = file.package();
            assert!(file.syntax() == "proto3", "{}", file.name());
            file.message_type
                .iter()
                .for_each(|m| declared.message(package, m));
            file.enum_type
                .iter()
                .for_each(|e| declared.enumeration(package, e));
            file.service
                .iter()
                .for_each(|s| declared.service(package, s));
        }
        declared
    }

    fn message(&mut self, scope: &str, message: &DescriptorProto) {
        let name = format!("{scope}.{}", message.name());
        let oneof = |field: &FieldDescriptorProto| {
            field.oneof_index.map_or("", |index| {
                message.oneof_decl[usize::try_from(index).unwrap()].name()
            })
        };
        let fields = message.field.iter().map(|field| {
            format!(
                "{} {} {:?} {:?} {} oneof={} optional={}",
                field.number(),
                field.name(),
                field.r#type(),
                field.label(),
                field.type_name(),
                oneof(field),
                field.proto3_optional()
            )
        });
        let mut fields: Vec<String> = fields.collect();
        fields.sort();
        self.0.insert(name.clone(), fields);
        message
            .nested_type
            .iter()
            .for_each(|m| self.message(&name, m));
        message
            .enum_type
            .iter()
            .for_each(|e| self.enumeration(&name, e));
    }

    fn enumeration(&mut self, scope: &str, declared: &EnumDescriptorProto) {
        let values = declared
            .value
            .iter()
            .map(|value| format!("{} {}", value.number(), value.name()));
        self.0
            .insert(format!("{scope}.{}", declared.name()), values.collect());
    }

    fn service(&mut self, scope: &str, service: &ServiceDescriptorProto) {
        for method in &service.method {
            let line = format!(
                "{} -> {} stream={}/{}",
                method.input_type(),
                method.output_type(),
                method.client_streaming(),
                method.server_streaming()
            );
            self.0.insert(
                format!("{scope}.{}/{}", service.name(), method.name()),
                vec![line],
            );
        }
    }
}

#[test]
fn every_message_field_and_method_of_ours_is_the_vendors() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/capability/wire/descriptors.py");
    let theirs = Declared::of(&python(&[script.to_str().unwrap()], &sdk()).stdout).0;
    let ours = Declared::of(lightsout::engine::wire::DESCRIPTORS).0;
    let mut compared = 0;
    for (name, lines) in ours
        .iter()
        .filter(|(name, _)| !name.starts_with("google.protobuf."))
    {
        assert_eq!(Some(lines), theirs.get(name), "{name}");
        compared += 1;
    }
    assert!(compared > 150, "only {compared} declarations were compared");
}
