//! Compiles the protocol declarations in `proto/` into Rust and into a descriptor set.
//!
//! The descriptor set is kept because prost drops unknown fields silently: the strict codec walks it to find and refuse them.

use std::path::PathBuf;

use prost::Message as _;

const FILES: [&str; 6] = [
    "pulumi/analyzer.proto",
    "pulumi/language.proto",
    "pulumi/engine.proto",
    "pulumi/resource.proto",
    "pulumi/provider.proto",
    "pulumi/codegen/loader.proto",
];

#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to a build script by its environment"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from("src/engine/wire/proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let set = protox::compile(FILES, [&root])?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    std::fs::write(out.join("wire.bin"), set.encode_to_vec())?;
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    config.btree_map(["."]);
    tonic_prost_build::configure()
        .codec_path("crate::engine::wire::StrictCodec")
        .compile_fds_with_config(set, config)?;
    Ok(())
}
