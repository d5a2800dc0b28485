//! Packages, versions, references and tokens: what serves a request, and whether it is on the list.

use std::collections::BTreeMap;

use super::super::record::{Refusal, Rule};
use super::super::{Allowed, PackageRule};
use super::References;
use crate::names::{PackageName, Urn, excerpt};

/// Bytes of a type token, a name, a reference. LIMIT: a URN, which is made of them, is at most 2,048 bytes.
const NAME_BYTES_MAX: usize = 2_048;

pub(super) const PROVIDER_PREFIX: &str = "pulumi:providers:";

/// What a request says about the package that serves it.
pub(super) struct Served<'a> {
    pub(super) package: &'a str,
    pub(super) version: &'a str,
    pub(super) provider: &'a str,
    pub(super) package_ref: &'a str,
    pub(super) download_url: &'a str,
    pub(super) checksums: &'a BTreeMap<String, Vec<u8>>,
}

/// The rule of the package that will serve a request.
pub(super) fn served_by<'a>(
    allowed: &'a Allowed,
    references: &References,
    served: &Served<'_>,
) -> Result<&'a PackageRule, Refusal> {
    no_download(served.download_url, served.checksums)?;
    let rule = rule_of(allowed, served.package)?;
    version(served.package, rule, served.version)?;
    if !served.provider.is_empty() && provider_package(served.provider)?.as_str() != served.package
    {
        return Err(Refusal::new(
            Rule::Provider,
            format!(
                "the provider of a resource of `{}` must be of the same package",
                excerpt(served.package)
            ),
        ));
    }
    if !served.package_ref.is_empty()
        && references.get(served.package_ref).map(PackageName::as_str) != Some(served.package)
    {
        return Err(Refusal::new(
            Rule::Package,
            format!(
                "the package reference of a resource of `{}` was not given out for that package",
                excerpt(served.package)
            ),
        ));
    }
    Ok(rule)
}

pub(super) fn rule_of<'a>(allowed: &'a Allowed, package: &str) -> Result<&'a PackageRule, Refusal> {
    // Their providers run what the program sends them, so no list can allow them.
    if matches!(package, "pulumi-nodejs" | "pulumi-python") {
        return Err(Refusal::new(
            Rule::Dynamic,
            "dynamic providers run the program's code outside its sandbox: use a provider's own resource",
        ));
    }
    // The engine's own package can do more than any provider; what is allowed of it is decided by type, before this.
    let listed = allowed
        .packages
        .iter()
        .find(|(name, _)| name.as_str() == package && package != "pulumi");
    listed.map(|(_, rule)| rule).ok_or_else(|| {
        Refusal::new(
            Rule::Package,
            format!(
                "the package `{}` is not on the stack's allow-list: use a listed package, or have it listed",
                excerpt(package)
            ),
        )
    })
}

pub(super) fn version(package: &str, rule: &PackageRule, asked: &str) -> Result<(), Refusal> {
    let plain = |version: &str| version.strip_prefix('v').unwrap_or(version).to_owned();
    match &rule.version {
        Some(pinned) if !asked.is_empty() && plain(asked) != plain(pinned) => Err(Refusal::new(
            Rule::Package,
            format!(
                "version `{}` of the package `{package}` is not allowed: use `{pinned}`",
                excerpt(asked)
            ),
        )),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn no_download(url: &str, checksums: &BTreeMap<String, Vec<u8>>) -> Result<(), Refusal> {
    if url.is_empty() && checksums.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(
        Rule::Download,
        "a program may not say where plugins come from: remove `pluginDownloadURL` and checksums",
    ))
}

/// The package of a token `package:module:Name`.
pub(super) fn package_of(token: &str) -> Result<&str, Refusal> {
    let mut parts = token.split(':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(package), Some(_), Some(last), None) if !package.is_empty() && !last.is_empty() => {
            Ok(package)
        }
        _ => Err(malformed("token", token)),
    }
}

/// The package of a provider reference `URN::ID`.
pub(super) fn provider_package(reference: &str) -> Result<PackageName, Refusal> {
    let bad = || malformed("provider reference", reference);
    let (urn, _) = reference.rsplit_once("::").ok_or_else(bad)?;
    let urn = Urn::new(urn).map_err(|_| bad())?;
    let package = urn
        .resource_type()
        .strip_prefix(PROVIDER_PREFIX)
        .ok_or_else(bad)?;
    name(package)
}

pub(super) fn name(package: &str) -> Result<PackageName, Refusal> {
    PackageName::new(package).map_err(|_| malformed("package name", package))
}

pub(super) fn short(texts: &[&str]) -> Result<(), Refusal> {
    match texts.iter().find(|text| text.len() > NAME_BYTES_MAX) {
        None => Ok(()),
        Some(text) => Err(malformed("name", text)),
    }
}

fn malformed(what: &str, text: &str) -> Refusal {
    Refusal::new(
        Rule::Malformed,
        format!("`{}` is not a {what} that is understood", excerpt(text)),
    )
}
