//! What is allowed: pure checks of one request against the allow-list.
//!
//! INVARIANT: each check destructures or names every field that can make the engine act on the program's behalf.

mod package;

use std::collections::BTreeMap;

use package::{
    PROVIDER_PREFIX, Served, name, no_download, package_of, provider_package, rule_of, served_by,
    short, version,
};

use super::Allowed;
use super::record::{Refusal, Rule};
use crate::engine::wire::pulumirpc::{
    ReadResourceRequest, RegisterPackageRequest, RegisterResourceRequest, ResourceInvokeRequest,
};
use crate::engine::wire::value::{Properties, Value};
use crate::names::{PackageName, excerpt};

const STACK: &str = "pulumi:pulumi:Stack";
const STACK_REFERENCE: &str = "pulumi:pulumi:StackReference";
const STACK_OUTPUTS: &str = "pulumi:pulumi:readStackOutputs";

/// The package references that the engine gave out, with their packages.
pub(super) type References = BTreeMap<String, PackageName>;

pub(super) fn register(
    allowed: &Allowed,
    references: &References,
    request: &RegisterResourceRequest,
    inputs: &Properties,
) -> Result<(), Refusal> {
    short(&[
        &request.r#type,
        &request.name,
        &request.parent,
        &request.provider,
    ])?;
    no_download(&request.plugin_download_url, &request.plugin_checksums)?;
    no_callbacks(request)?;
    if request.remote {
        return Err(Refusal::new(
            Rule::Remote,
            format!(
                "`{}` is a component that runs inside a provider: write it as a component of the program",
                excerpt(&request.r#type)
            ),
        ));
    }
    if !request.env_var_mappings.is_empty() {
        return Err(Refusal::new(
            Rule::Provider,
            "`envVarMappings` changes a provider's environment: remove it",
        ));
    }
    if !request.snippet_id.is_empty() {
        return Err(Refusal::new(
            Rule::Field,
            "`snippetId` is not supported: remove it",
        ));
    }
    if !request.import_id.is_empty() && !allowed.imports {
        return Err(Refusal::new(
            Rule::Import,
            format!(
                "importing `{}` adopts an existing object: have imports allowed for this stack",
                excerpt(&request.name)
            ),
        ));
    }
    for provider in request.providers.values() {
        let package = provider_package(provider)?;
        rule_of(allowed, package.as_str())?;
    }
    if let Some(package) = request.r#type.strip_prefix(PROVIDER_PREFIX) {
        return explicit_provider(allowed, package, request, inputs);
    }
    if !request.custom {
        return component(allowed, request);
    }
    let package = package_of(&request.r#type)?;
    if request.r#type == STACK_REFERENCE {
        return stack_reference(allowed, inputs);
    }
    let served = Served {
        package,
        version: &request.version,
        provider: &request.provider,
        package_ref: &request.package_ref,
        download_url: &request.plugin_download_url,
        checksums: &request.plugin_checksums,
    };
    served_by(allowed, references, &served).map(drop)
}

/// A component runs in the program and loads no provider, whatever its type is called; but the engine's own types are not for it.
fn component(allowed: &Allowed, request: &RegisterResourceRequest) -> Result<(), Refusal> {
    if request.r#type.starts_with("pulumi:") && request.r#type != STACK {
        return Err(Refusal::new(
            Rule::Package,
            format!(
                "`{}` is a type of the engine's own",
                excerpt(&request.r#type)
            ),
        ));
    }
    if !request.provider.is_empty() {
        rule_of(allowed, provider_package(&request.provider)?.as_str())?;
    }
    Ok(())
}

fn explicit_provider(
    allowed: &Allowed,
    package: &str,
    request: &RegisterResourceRequest,
    inputs: &Properties,
) -> Result<(), Refusal> {
    if !request.package_ref.is_empty() || !request.provider.is_empty() {
        return Err(Refusal::new(
            Rule::Provider,
            "an explicit provider may not name a package reference or a provider: remove it",
        ));
    }
    let rule = rule_of(allowed, package)?;
    version(package, rule, &request.version)?;
    match inputs
        .keys()
        .find(|key| !rule.provider_inputs.contains(key))
    {
        None => Ok(()),
        Some(key) => Err(Refusal::new(
            Rule::Provider,
            format!(
                "an explicit provider of `{package}` may not set `{}`: set it in the stack's configuration, or have it listed as provider input",
                excerpt(key)
            ),
        )),
    }
}

fn no_callbacks(request: &RegisterResourceRequest) -> Result<(), Refusal> {
    let hooks = request.hooks.as_ref().is_some_and(|hooks| {
        [
            &hooks.before_create,
            &hooks.after_create,
            &hooks.before_update,
            &hooks.after_update,
            &hooks.before_delete,
            &hooks.after_delete,
            &hooks.on_error,
        ]
        .iter()
        .any(|names| !names.is_empty())
    });
    if hooks || !request.transforms.is_empty() {
        return Err(callback("hooks and transforms"));
    }
    Ok(())
}

pub(super) fn callback(what: &str) -> Refusal {
    Refusal::new(
        Rule::Callback,
        format!(
            "{what} let a program rewrite what others asked for: write the change into the program"
        ),
    )
}

pub(super) fn read(
    allowed: &Allowed,
    references: &References,
    request: &ReadResourceRequest,
    properties: &Properties,
) -> Result<(), Refusal> {
    short(&[
        &request.r#type,
        &request.name,
        &request.parent,
        &request.provider,
    ])?;
    if request.r#type == STACK_REFERENCE {
        no_download(&request.plugin_download_url, &request.plugin_checksums)?;
        listed_stack(allowed, &request.id)?;
        // The engine takes the name from the properties where there are any.
        return if properties.is_empty() {
            Ok(())
        } else {
            stack_reference(allowed, properties)
        };
    }
    let served = Served {
        package: package_of(&request.r#type)?,
        version: &request.version,
        provider: &request.provider,
        package_ref: &request.package_ref,
        download_url: &request.plugin_download_url,
        checksums: &request.plugin_checksums,
    };
    if served_by(allowed, references, &served)?.reads {
        return Ok(());
    }
    Err(Refusal::new(
        Rule::Read,
        format!(
            "looking up `{}` by id reads any object of the account: have reads allowed for the package `{}`",
            excerpt(&request.r#type),
            served.package
        ),
    ))
}

/// Whether inputs of this type may name files of the program.
pub(super) fn file_assets(allowed: &Allowed, token: &str) -> Result<(), Refusal> {
    let package = token.split(':').next().unwrap_or("");
    let rule = allowed
        .packages
        .iter()
        .find(|(name, _)| name.as_str() == package);
    match rule {
        Some((_, rule)) if !rule.file_assets => Err(Refusal::new(
            Rule::Asset,
            format!(
                "the plugin of `{package}` would open the file itself, outside of what was checked: give its text as a string asset"
            ),
        )),
        // A component, or an output, is given to no provider.
        Some(_) | None => Ok(()),
    }
}

pub(super) fn invoke(
    allowed: &Allowed,
    references: &References,
    request: &ResourceInvokeRequest,
    args: &Properties,
) -> Result<(), Refusal> {
    short(&[&request.tok, &request.provider, &request.parent])?;
    if request.tok == STACK_OUTPUTS {
        no_download(&request.plugin_download_url, &request.plugin_checksums)?;
        return stack_reference(allowed, args);
    }
    let served = Served {
        package: package_of(&request.tok)?,
        version: &request.version,
        provider: &request.provider,
        package_ref: &request.package_ref,
        download_url: &request.plugin_download_url,
        checksums: &request.plugin_checksums,
    };
    if served_by(allowed, references, &served)?
        .invokes
        .contains(&request.tok)
    {
        return Ok(());
    }
    Err(Refusal::new(
        Rule::Invoke,
        format!(
            "the function `{}` is not on the stack's allow-list: have it listed, or pass the value as configuration",
            excerpt(&request.tok)
        ),
    ))
}

pub(super) fn package(
    allowed: &Allowed,
    request: &RegisterPackageRequest,
) -> Result<PackageName, Refusal> {
    no_download(&request.download_url, &request.checksums)?;
    if request.parameterization.is_some() || request.extension.is_some() {
        return Err(parameterized(&request.name));
    }
    version(
        &request.name,
        rule_of(allowed, &request.name)?,
        &request.version,
    )?;
    name(&request.name)
}

pub(super) fn parameterized(package: &str) -> Refusal {
    Refusal::new(
        Rule::Parameterized,
        format!(
            "the package `{}` is made from parameters, which would run code that nobody pinned: use a package of its own",
            excerpt(package)
        ),
    )
}

/// A schema that a YAML program asks for.
pub(super) fn schema(
    allowed: &Allowed,
    request: &crate::engine::wire::codegen::GetSchemaRequest,
) -> Result<(), Refusal> {
    no_download(&request.download_url, &BTreeMap::new())?;
    if request.parameterization.is_some() {
        return Err(parameterized(&request.package));
    }
    version(
        &request.package,
        rule_of(allowed, &request.package)?,
        &request.version,
    )
}

fn stack_reference(allowed: &Allowed, inputs: &Properties) -> Result<(), Refusal> {
    match inputs.get("name") {
        Some(Value::String(stack)) => listed_stack(allowed, stack),
        Some(_) | None => Err(Refusal::new(
            Rule::StackReference,
            "a stack reference must name its stack as a plain text",
        )),
    }
}

fn listed_stack(allowed: &Allowed, stack: &str) -> Result<(), Refusal> {
    if allowed
        .stack_references
        .iter()
        .any(|listed| listed == stack)
    {
        return Ok(());
    }
    Err(Refusal::new(
        Rule::StackReference,
        format!(
            "the stack `{}` may not be read: have it listed under the stack references",
            excerpt(stack)
        ),
    ))
}
