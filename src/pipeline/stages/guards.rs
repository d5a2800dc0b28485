//! The CrossGuard packs of the base commit: their folders, their packages, their servers.

use std::path::Path;

use serde::Deserialize;

use super::place::environment;
use crate::config::{PackKind, Policy};
use crate::engine::guard::{Guard, Setup};
use crate::engine::program::{NODE_MODULES, PROGRAM_ROOT};
use crate::fault::Fault;
use crate::names::Sha256;
use crate::perimeter::dependencies::{self, Dependencies};
use crate::perimeter::import::Tree;
use crate::perimeter::sandbox::Mount;
use crate::pipeline::crossguard::{self, Error, Said};
use crate::pipeline::preview::Preview;
use crate::pipeline::run::{Run, folder};

/// What says how a pack is run.
const MANIFEST: &str = "PulumiPolicy.yaml";
/// LIMIT: bytes of it.
const MANIFEST_BYTES_MAX: usize = 64 << 10;

/// Of it, what matters here; the rest is for Pulumi's own service.
#[derive(Deserialize)]
struct Manifest {
    runtime: Runtime,
    #[serde(default)]
    main: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Runtime {
    Name(String),
    Full { name: String },
}

fn packs<'a>(run: &'a Run<'_>) -> impl Iterator<Item = (usize, &'a Policy)> {
    let policies = run.job.stack.policies.iter().enumerate();
    policies.filter(|(_, policy)| policy.kind == PackKind::CrossGuard)
}

/// The hashes of the packs' folders, in their order.
pub(super) fn hashes(run: &Run<'_>) -> Result<Vec<Sha256>, Fault> {
    packs(run)
        .map(|(_, policy)| Ok(folder(run.perimeter, &run.base, &policy.pack)?.hash()))
        .collect()
}

/// What each pack says of a preview; their folders are written below the run's under this name.
pub(super) async fn said(run: &Run<'_>, preview: &Preview, name: &str) -> Result<Vec<Said>, Fault> {
    let mut all = Vec::new();
    for (number, policy) in packs(run) {
        let tree = folder(run.perimeter, &run.base, &policy.pack)?;
        check(&policy.pack, &tree)?;
        let packages = packages(run, &policy.pack, &tree).await?;
        let place = run.materialise(&format!("{name}-{number}"), &tree)?;
        let mut guard = start(run, preview, &place, &packages).await?;
        let said =
            crossguard::ask(&mut guard, preview, tree.hash(), packages.manifest_hash()).await?;
        guard.end().await.map_err(Error::from)?;
        all.push(said);
    }
    Ok(all)
}

/// Whether it is a pack for Node that is run as it is committed.
fn check(name: &str, tree: &Tree) -> Result<(), Error> {
    let refuse = |why: &str| {
        Err(Error::Folder {
            folder: name.to_owned(),
            why: why.to_owned(),
        })
    };
    let Some(file) = tree.file(MANIFEST) else {
        return refuse("it has no `PulumiPolicy.yaml`");
    };
    if file.bytes().len() > MANIFEST_BYTES_MAX {
        return refuse("`PulumiPolicy.yaml` is larger than 64 KiB");
    }
    let Ok(text) = std::str::from_utf8(file.bytes()) else {
        return refuse("`PulumiPolicy.yaml` is not UTF-8");
    };
    let Ok(manifest) = serde_saphyr::from_str::<Manifest>(text) else {
        return refuse("`PulumiPolicy.yaml` cannot be read, or names no `runtime`");
    };
    let (Runtime::Name(runtime) | Runtime::Full { name: runtime }) = manifest.runtime;
    if runtime != "nodejs" {
        return refuse(
            "its runtime is not `nodejs`; name a pack of Rego rules as `pack`, others cannot be run",
        );
    }
    if !matches!(manifest.main.as_deref(), None | Some("" | "." | "./")) {
        return refuse("`main` in its `PulumiPolicy.yaml` is not supported: use package.json's");
    }
    Ok(())
}

async fn packages(run: &Run<'_>, name: &str, tree: &Tree) -> Result<Dependencies, Fault> {
    let environment = environment(run);
    let tools = &run.perimeter.tools;
    let node = dependencies::Runtime::Node;
    let installed = dependencies::install_for(tree, node, tools, &environment).await?;
    let packages = installed.ok_or_else(|| Error::Folder {
        folder: name.to_owned(),
        why: "it names no packages: list `@pulumi/policy` in package.json and package-lock.json"
            .to_owned(),
    })?;
    packages.verify()?;
    Ok(packages)
}

async fn start(
    run: &Run<'_>,
    preview: &Preview,
    place: &Path,
    packages: &Dependencies,
) -> Result<Guard, Fault> {
    let Some((node, _)) = &run.kit.guards else {
        return Err(Fault::Usage(
            "Node, which runs CrossGuard packs, was not looked for: run again".to_owned(),
        ));
    };
    let read_only = |source: &Path, target: &Path| Mount::ReadOnly {
        source: source.to_owned(),
        target: target.to_owned(),
    };
    let shown = node.shows().iter().map(|path| read_only(path, path));
    let mut mounts: Vec<_> = shown.collect();
    mounts.push(read_only(place, Path::new(PROGRAM_ROOT)));
    let modules = packages.folder().join("node_modules");
    mounts.push(read_only(&modules, Path::new(NODE_MODULES)));
    let guard = Guard::start(Setup {
        interpreter: node.path().to_owned(),
        mounts,
        project: &preview.project,
        stack: &preview.stack,
    });
    Ok(guard.await.map_err(Error::from)?)
}
