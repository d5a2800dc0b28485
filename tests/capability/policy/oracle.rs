//! A second host for the same modules: the crate `opa-wasm` must find what ours finds.

use lightsout::pipeline::policy::evaluate;
use serde_json::{Value, json};

use super::packs::examples;
use super::things::{baseline, request, wait};

/// Examples about one resource without unknown values are asked of both hosts, each rule on each.
#[test]
fn two_hosts_find_the_same() {
    let pack = baseline();
    wait(compare(pack));
}

async fn compare(pack: &lightsout::pipeline::policy::Pack) {
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::from_binary(&engine, pack.wasm()).unwrap();
    let mut store = wasmtime::Store::new(&engine, ());
    let runtime = opa_wasm::Runtime::new(&mut store, &module).await.unwrap();
    let policy = runtime.without_data(&mut store).await.unwrap();
    let mut compared = 0;
    for example in examples() {
        let [subject] = example.subjects.as_slice() else {
            continue;
        };
        if !subject.unknown_paths.is_empty() || !subject.unknown_old_paths.is_empty() {
            continue;
        }
        let report = evaluate(&request(vec![subject.clone()]), std::slice::from_ref(pack)).unwrap();
        let mut input = json!(subject);
        input["stack"] = json!({"project": "site", "name": "dev"});
        input["params"] = json!({"required": ["owner"]});
        for result in report
            .rules
            .iter()
            .filter(|result| result.evaluated == 1 && !result.rule.as_str().contains("S3-004"))
        {
            let package = result
                .rule
                .as_str()
                .trim_start_matches("AWS-")
                .to_lowercase()
                .replace('-', "_");
            let answer: Value = policy
                .evaluate(&mut store, &format!("aws/{package}/deny"), &input)
                .await
                .unwrap();
            let mut theirs: Vec<String> = answer[0]["result"]
                .as_array()
                .unwrap()
                .iter()
                .map(|each| json!(each["path"].as_array().cloned().unwrap_or(vec![])).to_string())
                .collect();
            let mut ours: Vec<String> = result
                .findings
                .iter()
                .map(|finding| json!(finding.path).to_string())
                .collect();
            theirs.sort();
            ours.sort();
            assert_eq!(
                ours, theirs,
                "{} on {}/{}",
                result.rule, example.kind, example.name
            );
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
}
