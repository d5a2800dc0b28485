//! Previews of the benchmark: as many resources as asked for, 22 types in turn, about 2.6 KB each, 70 % of them unchanged.
//!
//! A resource's content depends on its number only, so a small preview is the beginning of a large one.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::kinds::{KINDS, Kind, Shape, TAGS};
use super::random::Random;

/// How many of a thousand properties are as they should not be.
const BAD_PER_MILLE: usize = 30;
/// What resources hold besides what rules look at, so that they have the size of real ones.
const FILLER_BYTES: usize = 160;

/// Writes a preview, a resource at a time.
pub(crate) fn write(resources: usize, mut out: impl Write) -> std::io::Result<()> {
    out.write_all(b"{\"stack\":{\"project\":\"shop\",\"name\":\"prod\"},\"subjects\":[")?;
    for number in 0..resources {
        if number > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut out, &subject(number))?;
    }
    out.write_all(b"]}")?;
    out.flush()
}

fn subject(number: usize) -> Value {
    let mut random = Random::new(u64::try_from(number).unwrap());
    let kind = &KINDS[number % KINDS.len()];
    let name = format!(
        "{}-{number}",
        random.pick(&["orders", "billing", "search", "mail"])
    );
    let op = match random.below(100) {
        0..70 => "same",
        70..85 => "update",
        85..95 => "create",
        95..97 => "replace",
        _ => "delete",
    };
    let inputs = inputs(kind, &mut random);
    let mut old = inputs.clone();
    let mut diff = json!([]);
    if op == "update" || op == "replace" {
        old.insert("description".to_owned(), "as it was before".into());
        diff = json!([{"path": ["description"], "kind": op}]);
    }
    let outputs = outputs(&inputs, &name, &mut random);
    let inputs = if op == "delete" {
        Value::Null
    } else {
        Value::Object(inputs)
    };
    let old = if op == "create" {
        Value::Null
    } else {
        Value::Object(old)
    };
    let options = json!({"protect": false, "retain_on_delete": false, "ignore_changes": []});
    let old_options = if op == "create" {
        Value::Null
    } else {
        options.clone()
    };
    json!({
        "urn": format!("urn:pulumi:prod::shop::{}::{name}", kind.token), "op": op, "type": kind.token, "name": name,
        "provider": "urn:pulumi:prod::shop::pulumi:providers:aws::default_7_8_0::0e1bd6a4-3f5c-4f0e-9d55-0d3a0c8e7c11",
        "inputs": inputs, "old_inputs": old, "outputs": outputs, "diff": diff, "unknown_paths": [], "unknown_output_paths": [],
        "unknown_old_paths": [], "secret_paths": [], "options": options, "old_options": old_options,
    })
}

fn inputs(kind: &Kind, random: &mut Random) -> Map<String, Value> {
    let mut inputs = Map::new();
    for (name, shape) in kind.properties {
        let bad = random.per_mille(BAD_PER_MILLE);
        inputs.insert((*name).to_owned(), value(*shape, bad, random));
    }
    inputs.insert("description".to_owned(), text(FILLER_BYTES, random).into());
    inputs.insert("region".to_owned(), "eu-central-1".into());
    inputs
}

fn outputs(inputs: &Map<String, Value>, name: &str, random: &mut Random) -> Value {
    let mut outputs = inputs.clone();
    let id = format!("{:016x}", random.number());
    outputs.insert(
        "arn".to_owned(),
        format!("arn:aws:service:eu-central-1:123456789012:resource/{name}/{id}").into(),
    );
    outputs.insert("id".to_owned(), id.into());
    outputs.insert("region".to_owned(), "eu-central-1".into());
    outputs.insert("creationDate".to_owned(), "2026-03-01T12:00:00Z".into());
    outputs.insert("status".to_owned(), text(FILLER_BYTES, random).into());
    Value::Object(outputs)
}

fn value(shape: Shape, bad: bool, random: &mut Random) -> Value {
    match shape {
        Shape::On | Shape::Kept => (!bad).into(),
        Shape::Off => bad.into(),
        Shape::AtLeast(least) => if bad {
            least.saturating_sub(1)
        } else {
            least + random.number() % 30
        }
        .into(),
        Shape::OneOf(choices) => {
            let (last, good) = choices.split_last().unwrap();
            (if bad { *last } else { *random.pick(good) }).into()
        }
        Shape::Matching(_, good, other) => (if bad { other } else { good }).into(),
        Shape::Document => document(bad, random).to_string().into(),
        Shape::Ingress => ingress(bad, random),
        Shape::Environment => environment(bad, random),
        Shape::Containers => containers(bad, random),
        Shape::Permissions => json!([
            {"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": [if bad { "*" } else { "get" }]},
        ]),
        Shape::Tags => tags(bad, random),
        Shape::Labels => {
            json!({"name": "orders", "namespace": "shop", "labels": tags(bad, random)})
        }
    }
}

fn tags(bad: bool, random: &mut Random) -> Value {
    let mut tags: Map<String, Value> = TAGS
        .iter()
        .map(|tag| ((*tag).to_owned(), text(10, random).into()))
        .collect();
    tags.insert("managedBy".to_owned(), "pulumi".into());
    if bad {
        tags.remove(*random.pick(&TAGS));
    }
    Value::Object(tags)
}

fn document(bad: bool, random: &mut Random) -> Value {
    let account = "arn:aws:iam::123456789012:role/service";
    let mut statements = vec![
        json!({"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": account}, "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::orders/*"}),
        json!({"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
    ];
    if bad {
        let everybody = random.per_mille(500);
        let principal = if everybody {
            json!("*")
        } else {
            json!({"AWS": account})
        };
        let action = if everybody { "s3:GetObject" } else { "*" };
        statements.push(
            json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}),
        );
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn ingress(bad: bool, random: &mut Random) -> Value {
    let port = *random.pick(&[80, 443, 8080]);
    let mut rules = vec![
        json!({"protocol": "tcp", "fromPort": port, "toPort": port, "cidrBlocks": ["10.1.0.0/16", "10.2.0.0/16"], "description": "from inside"}),
        json!({"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"], "description": "the web"}),
    ];
    if bad {
        let (protocol, port) = *random.pick(&[("tcp", 22), ("tcp", 3389), ("-1", 0)]);
        rules.push(json!({"protocol": protocol, "fromPort": port, "toPort": port, "cidrBlocks": ["10.0.0.0/8", "198.51.100.0/24"], "description": "for now"}));
    }
    Value::Array(rules)
}

fn environment(bad: bool, random: &mut Random) -> Value {
    let mut variables = Map::new();
    for name in ["LOG_LEVEL", "QUEUE_URL", "TABLE_NAME", "STAGE"] {
        variables.insert(name.to_owned(), text(20, random).into());
    }
    variables.insert(
        "PASSWORD_ARN".to_owned(),
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db".into(),
    );
    if bad {
        variables.insert(
            "AWS_ACCESS_KEY_ID".to_owned(),
            "AKIAABCDEFGHIJKLMNOP".into(),
        );
        variables.insert("DB_PASSWORD".to_owned(), text(12, random).into());
    }
    json!({"variables": variables})
}

fn containers(bad: bool, random: &mut Random) -> Value {
    let image = |name: &str, version: &str| format!("registry.internal/shop/{name}:{version}");
    let limits = json!({"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}});
    let safe = json!({"privileged": false, "runAsNonRoot": true, "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false});
    let side = if bad && random.per_mille(500) {
        json!({"name": "proxy", "image": image("proxy", "latest"), "resources": limits, "securityContext": {"privileged": true}})
    } else if bad {
        json!({"name": "proxy", "image": image("proxy", "1.9.0"), "resources": {}, "securityContext": safe})
    } else {
        json!({"name": "proxy", "image": image("proxy", "1.9.0"), "resources": limits, "securityContext": safe})
    };
    let main = json!({
        "name": "app", "image": image("app", "3.2.1"), "ports": [{"containerPort": 8080}], "resources": limits, "securityContext": safe,
    });
    json!({
        "replicas": 3, "selector": {"matchLabels": {"app": "orders"}},
        "template": {"metadata": {"labels": {"app": "orders"}}, "spec": {"containers": [main, side]}},
    })
}

fn text(bytes: usize, random: &mut Random) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-";
    (0..bytes)
        .map(|_| char::from(*random.pick(LETTERS)))
        .collect()
}
