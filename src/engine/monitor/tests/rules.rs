//! Each denial beside its honest twin.

use prost_types::Struct;
use tonic::Code;

use super::fake::{Program, allowed, program, with};
use crate::engine::monitor::{Alias as Former, Rule, Severity};
use crate::engine::wire::codegen::{GetSchemaRequest, Parameterization as SchemaParameterization};
use std::result::Result;

use crate::engine::wire::pulumirpc::*;
use crate::engine::wire::value::{self, Properties, Value};

const PROVIDER: &str =
    "urn:pulumi:dev::site::pulumi:providers:aws::mine::04da6b54-80e4-46f7-96ec-b56ff0331ba9";

fn text(content: &str) -> Value {
    Value::String(content.to_owned())
}

fn bag<const N: usize>(fields: [(&str, Value); N]) -> Option<Struct> {
    let fields: Properties = fields
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    Some(value::to_struct(&fields))
}

fn bucket() -> RegisterResourceRequest {
    RegisterResourceRequest {
        r#type: "aws:s3/bucket:Bucket".to_owned(),
        name: "site".to_owned(),
        custom: true,
        object: bag([("acl", text("private"))]),
        version: "7.18.0".to_owned(),
        ..RegisterResourceRequest::default()
    }
}

#[track_caller]
fn passed<T: std::fmt::Debug>(
    program: &Program,
    answer: Result<tonic::Response<T>, tonic::Status>,
) -> T {
    let answer = answer.unwrap().into_inner();
    assert_eq!(program.observed().denials, []);
    assert_eq!(program.reached().len(), 1);
    answer
}

async fn register_denied(request: RegisterResourceRequest, rule: Rule) {
    let mut program = program().await;
    let answer = program.monitor.register_resource(request).await;
    program.denied(answer, rule);
    assert!(program.observed().options.is_empty());
}

async fn register_passes(request: RegisterResourceRequest) {
    let mut program = program().await;
    let answer = program.monitor.register_resource(request).await;
    let answer = passed(&program, answer);
    assert!(
        program
            .observed()
            .options
            .keys()
            .any(|urn| urn.as_str() == answer.urn)
    );
}

#[tokio::test]
async fn a_resource_of_a_listed_package_passes_and_its_options_are_recorded() {
    let mut program = program().await;
    let spec = alias::Spec {
        name: "old".to_owned(),
        parent: Some(alias::spec::Parent::NoParent(true)),
        ..alias::Spec::default()
    };
    let request = RegisterResourceRequest {
        protect: Some(false),
        retain_on_delete: Some(true),
        deleted_with: "urn:pulumi:x".to_owned(),
        ignore_changes: vec!["tags".to_owned()],
        hide_diffs: vec!["acl".to_owned()],
        alias_ur_ns: vec!["urn:pulumi:y".to_owned()],
        aliases: vec![Alias {
            alias: Some(alias::Alias::Spec(spec)),
        }],
        delete_before_replace: true,
        delete_before_replace_defined: true,
        provider: PROVIDER.to_owned(),
        ..bucket()
    };
    let answer = program.monitor.register_resource(request).await;
    passed(&program, answer);
    let observed = program.observed();
    let (urn, options) = observed.options.first_key_value().unwrap();
    assert_eq!(
        urn.as_str(),
        "urn:pulumi:dev::site::aws:s3/bucket:Bucket::site"
    );
    assert_eq!(
        (
            options.protect,
            options.retain_on_delete,
            options.delete_before_replace
        ),
        (Some(false), Some(true), Some(true))
    );
    assert_eq!(
        (
            options.ignore_changes.as_slice(),
            options.hide_diffs.as_slice()
        ),
        (&["tags".to_owned()][..], &["acl".to_owned()][..])
    );
    assert_eq!(
        options.aliases.first(),
        Some(&Former::Urn("urn:pulumi:y".to_owned()))
    );
    assert!(
        matches!(options.aliases.get(1), Some(Former::Spec { name, no_parent: true, .. }) if name == "old")
    );
    assert_eq!(observed.calls.get("type/aws:s3/bucket:Bucket"), Some(&1));
    assert_eq!(observed.calls.get("monitor/RegisterResource"), Some(&1));
    let json = serde_json::to_string(&observed).unwrap();
    assert_eq!(
        serde_json::from_str::<crate::engine::monitor::Observed>(&json).unwrap(),
        observed
    );
}

#[tokio::test]
async fn the_engines_refusal_goes_on_with_its_details_and_the_registration_is_listed_as_unanswered()
{
    let mut program = program().await;
    let request = RegisterResourceRequest {
        name: "refused-by-the-engine".to_owned(),
        ..bucket()
    };
    let status = program
        .monitor
        .register_resource(request)
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), status.message(), status.details()),
        (Code::AlreadyExists, "twice", &b"details"[..])
    );
    assert_eq!(program.observed().unanswered.len(), 1);
    assert_eq!(program.observed().denials, []);
}

#[tokio::test]
async fn a_package_that_is_not_listed_is_denied() {
    register_denied(
        RegisterResourceRequest {
            r#type: "gcp:storage/bucket:Bucket".to_owned(),
            version: String::new(),
            ..bucket()
        },
        Rule::Package,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            r#type: "command:local:Command".to_owned(),
            ..bucket()
        },
        Rule::Package,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            version: "6.0.0".to_owned(),
            ..bucket()
        },
        Rule::Package,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            r#type: "aws:Bucket".to_owned(),
            ..bucket()
        },
        Rule::Malformed,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            package_ref: "made-up".to_owned(),
            ..bucket()
        },
        Rule::Package,
    )
    .await;
    register_passes(RegisterResourceRequest {
        version: "v7.18.0".to_owned(),
        ..bucket()
    })
    .await;
    register_passes(RegisterResourceRequest {
        version: String::new(),
        ..bucket()
    })
    .await;
}

#[tokio::test]
async fn a_download_address_is_denied_in_every_request() {
    let url = "https://example.invalid/plugin".to_owned();
    register_denied(
        RegisterResourceRequest {
            plugin_download_url: url.clone(),
            ..bucket()
        },
        Rule::Download,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            plugin_checksums: [("linux-amd64".to_owned(), vec![1])].into(),
            ..bucket()
        },
        Rule::Download,
    )
    .await;
    let mut program = program().await;
    let answer = program
        .monitor
        .invoke(ResourceInvokeRequest {
            tok: "aws:index/getRegion:getRegion".to_owned(),
            plugin_download_url: url.clone(),
            ..Default::default()
        })
        .await;
    program.denied(answer, Rule::Download);
    let answer = program
        .monitor
        .read_resource(ReadResourceRequest {
            r#type: "random:index:Id".to_owned(),
            plugin_download_url: url.clone(),
            ..Default::default()
        })
        .await;
    program.denied(answer, Rule::Download);
    let answer = program
        .monitor
        .register_package(RegisterPackageRequest {
            name: "aws".to_owned(),
            download_url: url.clone(),
            ..Default::default()
        })
        .await;
    program.denied(answer, Rule::Download);
    let answer = program
        .loader
        .get_schema(GetSchemaRequest {
            package: "aws".to_owned(),
            download_url: url,
            ..Default::default()
        })
        .await;
    program.denied(answer, Rule::Download);
}

#[tokio::test]
async fn dynamic_providers_are_denied_even_when_listed() {
    register_denied(
        RegisterResourceRequest {
            r#type: "pulumi-nodejs:dynamic:Resource".to_owned(),
            ..bucket()
        },
        Rule::Dynamic,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            r#type: "pulumi-python:dynamic/x:Resource".to_owned(),
            ..bucket()
        },
        Rule::Dynamic,
    )
    .await;
}

#[tokio::test]
async fn an_explicit_provider_may_set_listed_inputs_only() {
    let provider = |inputs| RegisterResourceRequest {
        r#type: "pulumi:providers:aws".to_owned(),
        name: "mine".to_owned(),
        object: inputs,
        ..bucket()
    };
    register_passes(provider(bag([("region", text("eu-west-1"))]))).await;
    register_denied(
        provider(bag([
            ("region", text("eu-west-1")),
            ("endpoints", text("[]")),
        ])),
        Rule::Provider,
    )
    .await;
    register_denied(provider(bag([("assumeRole", text("{}"))])), Rule::Provider).await;
    // As a component too: the engine goes by the type.
    register_denied(
        RegisterResourceRequest {
            custom: false,
            ..provider(bag([("endpoints", text("[]"))]))
        },
        Rule::Provider,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            r#type: "pulumi:providers:gcp".to_owned(),
            ..provider(bag([]))
        },
        Rule::Package,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            env_var_mappings: [("A".to_owned(), "B".to_owned())].into(),
            ..provider(bag([]))
        },
        Rule::Provider,
    )
    .await;
}

#[tokio::test]
async fn a_provider_reference_must_be_of_the_same_listed_package() {
    register_passes(RegisterResourceRequest {
        provider: PROVIDER.to_owned(),
        ..bucket()
    })
    .await;
    let random = PROVIDER.replace("providers:aws", "providers:random");
    register_denied(
        RegisterResourceRequest {
            provider: random.clone(),
            ..bucket()
        },
        Rule::Provider,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            provider: "urn:pulumi:dev::site::aws:s3/bucket:Bucket::x::id".to_owned(),
            ..bucket()
        },
        Rule::Malformed,
    )
    .await;
    let component = |provider: &str| RegisterResourceRequest {
        r#type: "site:Page".to_owned(),
        name: "page".to_owned(),
        providers: [("x".to_owned(), provider.to_owned())].into(),
        ..Default::default()
    };
    register_passes(component(&random)).await;
    register_denied(
        component(&PROVIDER.replace("providers:aws", "providers:gcp")),
        Rule::Package,
    )
    .await;
}

#[tokio::test]
async fn a_component_of_the_program_passes_and_a_remote_one_is_denied() {
    let component = RegisterResourceRequest {
        r#type: "site:index:Page".to_owned(),
        name: "page".to_owned(),
        ..Default::default()
    };
    register_passes(component.clone()).await;
    register_passes(RegisterResourceRequest {
        r#type: "pulumi:pulumi:Stack".to_owned(),
        ..component.clone()
    })
    .await;
    register_denied(
        RegisterResourceRequest {
            remote: true,
            ..component.clone()
        },
        Rule::Remote,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            remote: true,
            ..bucket()
        },
        Rule::Remote,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            r#type: "pulumi:pulumi:StackReference".to_owned(),
            ..component
        },
        Rule::Package,
    )
    .await;
    let mut program = program().await;
    let answer = program
        .monitor
        .call(ResourceCallRequest {
            tok: "aws:index:Thing/method".to_owned(),
            ..Default::default()
        })
        .await;
    program.denied(answer, Rule::Remote);
}

#[tokio::test]
async fn stack_references_are_denied_unless_listed() {
    let reference = |name: Value| RegisterResourceRequest {
        r#type: "pulumi:pulumi:StackReference".to_owned(),
        object: bag([("name", name)]),
        version: String::new(),
        ..bucket()
    };
    register_passes(reference(text("org/net/prod"))).await;
    register_denied(reference(text("org/secrets/prod")), Rule::StackReference).await;
    register_denied(
        reference(Value::Secret(Box::new(text("org/net/prod")))),
        Rule::StackReference,
    )
    .await;
    let read = |id: &str, name: &str| ReadResourceRequest {
        r#type: "pulumi:pulumi:StackReference".to_owned(),
        id: id.to_owned(),
        properties: bag([("name", text(name))]),
        ..Default::default()
    };
    let mut honest = program().await;
    let answer = honest
        .monitor
        .read_resource(read("org/net/prod", "org/net/prod"))
        .await;
    passed(&honest, answer);
    let mut program = program().await;
    for (id, name) in [
        ("org/net/prod", "org/secrets/prod"),
        ("org/secrets/prod", "org/net/prod"),
    ] {
        let answer = program.monitor.read_resource(read(id, name)).await;
        program.denied(answer, Rule::StackReference);
    }
    let invoke = |tok: &str, name: &str| ResourceInvokeRequest {
        tok: tok.to_owned(),
        args: bag([("name", text(name))]),
        ..Default::default()
    };
    let answer = program
        .monitor
        .invoke(invoke("pulumi:pulumi:readStackOutputs", "org/secrets/prod"))
        .await;
    program.denied(answer, Rule::StackReference);
    let answer = program
        .monitor
        .invoke(invoke(
            "pulumi:pulumi:readStackResourceOutputs",
            "org/net/prod",
        ))
        .await;
    program.denied(answer, Rule::Package);
    let answer = honest
        .monitor
        .invoke(invoke("pulumi:pulumi:readStackOutputs", "org/net/prod"))
        .await;
    answer.unwrap();
}

#[tokio::test]
async fn functions_are_denied_unless_listed() {
    let invoke = |tok: &str| ResourceInvokeRequest {
        tok: tok.to_owned(),
        ..Default::default()
    };
    let mut honest = program().await;
    let answer = honest
        .monitor
        .invoke(invoke("aws:index/getRegion:getRegion"))
        .await;
    passed(&honest, answer);
    assert_eq!(
        honest
            .observed()
            .calls
            .get("invoke/aws:index/getRegion:getRegion"),
        Some(&1)
    );
    let mut program = program().await;
    let answer = program
        .monitor
        .invoke(invoke(
            "aws:secretsmanager/getSecretVersion:getSecretVersion",
        ))
        .await;
    program.denied(answer, Rule::Invoke);
    let answer = program.monitor.invoke(invoke("command:local:run")).await;
    program.denied(answer, Rule::Package);
}

#[tokio::test]
async fn lookups_and_imports_are_denied_unless_allowed() {
    let read = |r#type: &str| ReadResourceRequest {
        r#type: r#type.to_owned(),
        id: "x".to_owned(),
        ..Default::default()
    };
    let mut honest = program().await;
    let answer = honest.monitor.read_resource(read("random:index:Id")).await;
    passed(&honest, answer);
    let mut program = program().await;
    let answer = program
        .monitor
        .read_resource(read("aws:s3/bucket:Bucket"))
        .await;
    program.denied(answer, Rule::Read);
    let import = RegisterResourceRequest {
        import_id: "their-bucket".to_owned(),
        ..bucket()
    };
    register_denied(import.clone(), Rule::Import).await;
    let mut importing = with(
        crate::engine::monitor::Allowed {
            imports: true,
            ..allowed()
        },
        "/usr/share".as_ref(),
    )
    .await;
    let answer = importing.monitor.register_resource(import).await;
    passed(&importing, answer);
}

#[tokio::test]
async fn callbacks_of_every_kind_are_denied() {
    let target = Callback {
        target: "169.254.169.254:80".to_owned(),
        ..Callback::default()
    };
    let hooks = register_resource_request::ResourceHooksBinding {
        before_create: vec!["h".to_owned()],
        ..Default::default()
    };
    register_denied(
        RegisterResourceRequest {
            hooks: Some(hooks),
            ..bucket()
        },
        Rule::Callback,
    )
    .await;
    register_denied(
        RegisterResourceRequest {
            transforms: vec![target.clone()],
            ..bucket()
        },
        Rule::Callback,
    )
    .await;
    // An SDK may send an empty binding.
    register_passes(RegisterResourceRequest {
        hooks: Some(Default::default()),
        ..bucket()
    })
    .await;
    let mut program = program().await;
    let answer = program
        .monitor
        .register_stack_transform(target.clone())
        .await;
    program.denied(answer, Rule::Callback);
    let answer = program
        .monitor
        .register_stack_invoke_transform(target.clone())
        .await;
    program.denied(answer, Rule::Callback);
    let answer = program
        .monitor
        .register_resource_hook(RegisterResourceHookRequest {
            callback: Some(target.clone()),
            ..Default::default()
        })
        .await;
    program.denied(answer, Rule::Callback);
    let answer = program
        .monitor
        .register_error_hook(RegisterErrorHookRequest {
            callback: Some(target),
            ..Default::default()
        })
        .await;
    program.denied(answer, Rule::Callback);
}

#[tokio::test]
async fn a_package_made_from_parameters_is_denied_and_a_plain_one_gives_a_usable_reference() {
    let mut program = program().await;
    let plain = RegisterPackageRequest {
        name: "aws".to_owned(),
        version: "7.18.0".to_owned(),
        ..Default::default()
    };
    for request in [
        RegisterPackageRequest {
            parameterization: Some(Parameterization::default()),
            ..plain.clone()
        },
        RegisterPackageRequest {
            extension: Some(Parameterization::default()),
            ..plain.clone()
        },
    ] {
        let answer = program.monitor.register_package(request).await;
        program.denied(answer, Rule::Parameterized);
    }
    let answer = program
        .monitor
        .register_package(RegisterPackageRequest {
            name: "terraform-provider".to_owned(),
            ..Default::default()
        })
        .await;
    program.denied(answer, Rule::Package);
    let schema = GetSchemaRequest {
        package: "aws".to_owned(),
        parameterization: Some(SchemaParameterization::default()),
        ..Default::default()
    };
    let answer = program.loader.get_schema(schema).await;
    program.denied(answer, Rule::Parameterized);
    let reference = program
        .monitor
        .register_package(plain)
        .await
        .unwrap()
        .into_inner()
        .r#ref;
    program
        .monitor
        .register_resource(RegisterResourceRequest {
            package_ref: reference,
            ..bucket()
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn the_loader_serves_listed_packages_only() {
    let schema = |package: &str| GetSchemaRequest {
        package: package.to_owned(),
        ..Default::default()
    };
    let mut honest = program().await;
    let answer = honest.loader.get_schema(schema("aws")).await;
    passed(&honest, answer);
    let mut program = program().await;
    let answer = program.loader.get_schema(schema("gcp")).await;
    program.denied(answer, Rule::Package);
}

#[tokio::test]
async fn features_that_are_denied_are_answered_with_no() {
    let mut program = program().await;
    for (id, expected) in [
        ("secrets", true),
        ("aliasSpecs", true),
        ("transforms", false),
        ("resourceHooks", false),
        ("parameterization", false),
        ("new", false),
    ] {
        let answer = program
            .monitor
            .supports_feature(SupportsFeatureRequest { id: id.to_owned() })
            .await
            .unwrap();
        assert_eq!(answer.into_inner().has_support, expected, "{id}");
    }
    let info = program
        .monitor
        .get_deployment_info(())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(info.supported_features, [0, 1, 2, 3, 4, 5, 6, 14, 15]);
}

#[tokio::test]
async fn logs_are_kept_cut_counted_and_bounded_and_debuggers_are_denied() {
    let mut program = program().await;
    let answer = program
        .engine
        .start_debugging(StartDebuggingRequest::default())
        .await;
    program.denied(answer, Rule::Debugger);
    let long = LogRequest {
        severity: 3,
        message: "x".repeat(1 << 20),
        ..LogRequest::default()
    };
    program.engine.log(long).await.unwrap();
    program
        .engine
        .set_root_resource(SetRootResourceRequest::default())
        .await
        .unwrap();
    let observed = program.observed();
    assert_eq!(observed.diagnostics.len(), 1);
    assert_eq!(observed.diagnostics[0].severity, Severity::Error);
    assert!(observed.diagnostics[0].text.len() < 17_000);
    assert_eq!(program.reached(), ["Log of 16387 bytes", "SetRootResource"]);
    let unknown = LogRequest {
        severity: 99,
        ..LogRequest::default()
    };
    assert_eq!(
        program.engine.log(unknown).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let mut refused = 0;
    for _ in 0..2_100 {
        refused += u32::from(program.engine.log(LogRequest::default()).await.is_err());
    }
    assert_eq!(refused, 101);
    assert_eq!(program.observed().diagnostics_unlisted, 101);
}

#[tokio::test]
async fn a_program_cannot_fill_the_record_with_new_names() {
    let mut program = program().await;
    let mut last = String::new();
    for n in 0..4_200 {
        let request = RegisterResourceRequest {
            r#type: format!("t{n}"),
            ..Default::default()
        };
        if let Err(status) = program.monitor.register_resource(request).await {
            last = status.message().to_owned();
        }
    }
    assert!(last.contains("kinds of calls"), "{last}");
    assert_eq!(program.observed().calls.len(), 4_096);
    assert!(
        program
            .observed()
            .denials
            .iter()
            .all(|denial| denial.rule == Rule::TooMuch)
    );
}
